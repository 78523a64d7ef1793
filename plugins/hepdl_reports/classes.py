"""Which events are signal and which background, and whether the columns can be used at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hepdl.columns import Columns
from hepdl.errors import BadValues, NothingLeft, WiringError, listed
from hepdl.events import Events
from hepdl.sources import PARTS, Source


def need_scores(columns: Columns, names: Sequence[str], reader: str) -> None:
    """Raises unless each column holds one number an event."""
    for name in names:
        kind = columns.need_flat(name, reader)
        if kind.width != 1:
            raise WiringError(
                f"{reader}: column '{name}' holds {kind.width} numbers an event, one is needed; "
                f"give one of them a name first, for example Define('{name}_0', '{name}[0]')"
            )


def part_of(events: Events, part: int, reader: str) -> Events:
    """The events of one part; raises when there are none."""
    chosen = events.where(events["part"] == part)
    if len(chosen) == 0:
        raise NothingLeft(
            f"{reader}: none of the {len(events)} selected events is in the {PARTS[part]} part; "
            f"give it a share in Split({PARTS[part]}=...) or read more events"
        )
    return chosen


def flat(events: Events, name: str, reader: str) -> np.ndarray:
    """Column ``name`` as ``[N]`` float64; raises when a value is not finite."""
    values = np.asarray(events[name], np.float64).reshape(len(events))
    bad = np.count_nonzero(~np.isfinite(values))
    if bad:
        raise BadValues(f"{reader}: column '{name}' is NaN or infinite in {bad} of {len(values)} events")
    return values


def members(events: Events, target: str, value: float, kind: str, reader: str) -> np.ndarray:
    """Mask ``[N]`` of the events whose ``target`` is ``value``; raises when they cannot carry a measurement."""
    labels = np.asarray(events[target], np.float64).reshape(len(events))
    mask = labels == value
    if not mask.any():
        there = listed([f"{v:g}" for v in np.unique(labels[np.isfinite(labels)])])
        raise BadValues(
            f"{reader}: no event has {target} = '{value:g}' ({kind}); there is: {there or 'no labelled event'}. "
            f"Give {kind}= the right value, or read a sample with that label"
        )
    if events["weight"][mask].sum(dtype=np.float64) <= 0:
        raise BadValues(
            f"{reader}: the weights of the {mask.sum()} {kind} events ({target} = {value:g}) do not sum to more than 0"
        )
    return mask


def class_name(events: Events, mask: np.ndarray, sources: Sequence[Source], otherwise: str) -> str:
    """What to call these events: the names of their samples, when there are one or two."""
    samples = list(dict.fromkeys(source.sample.name for source in sources))
    present = np.unique(events["sample"][mask])
    if len(present) > 2 or len(present) == 0 or present.max() >= len(samples):
        return otherwise
    return " + ".join(samples[i] for i in present)
