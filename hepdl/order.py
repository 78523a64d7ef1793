"""Order: what may stand before and behind what in a chain."""

from __future__ import annotations

from collections.abc import Sequence

from hepdl.algorithm import Consumer, Contraction, DeviceAlgorithm, Expansion, Selection, Step
from hepdl.errors import WiringError


def check_order(steps: Sequence[Step]) -> None:
    """Raise :class:`WiringError` for two equal names, or a step where it cannot stand."""
    _unique_labels(steps)
    _consumers_last(steps)
    _one_expansion(steps)


def _consumers_last(steps: Sequence[Step]) -> None:
    """A report sees the events as they are at the end: nothing behind it may reject or replace."""
    seen = ""
    for step in steps:
        if isinstance(step, Consumer):
            seen = step.label
        elif seen and (isinstance(step, Selection | Expansion | Contraction) or getattr(step, "replace", False)):
            raise WiringError(f"{step.label} changes what {seen} would see; put {seen} behind {step.label}")


def _one_expansion(steps: Sequence[Step]) -> None:
    """What an event is, is settled once, before anything learns from events."""
    found, learned, again = "", "", ""
    for step in steps:
        if isinstance(step, DeviceAlgorithm):
            learned = learned or step.label
        if isinstance(step, Expansion):
            if found:
                raise WiringError(f"{step.label}: {found} has made objects of the events already; keep one of them")
            if learned:
                raise WiringError(f"{step.label} changes what an event is; put it before {learned}")
            found = step.label
        if isinstance(step, Contraction):
            if not found or again:
                what = f"{again} has made events of them already" if again else "no step before it makes objects"
                raise WiringError(f"{step.label} makes events of objects, but {what}")
            again = step.label


def _unique_labels(steps: Sequence[Step]) -> None:
    labels = [step.label for step in steps]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise WiringError(
            f"two steps are called '{twice[0]}'; give one of them a name, as {twice[0]}(..., name='second')"
        )
