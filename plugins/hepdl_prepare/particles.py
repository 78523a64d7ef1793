"""Particles: jagged columns of one collection as one list of particles with several features."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import PrivateAttr, field_validator

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs, Output, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events, Jagged
from hepdl.expressions import parse
from hepdl_prepare.same_lengths import need_same_lengths


class Particles(Algorithm):
    """Packs lists of numbers into one list of particles ``[n, F]``, in a stated order and of at most a stated length:
    ``Particles("tracks", ["trk_*", "!trk_z0"], most=40, sort="-abs(trk_sd0)")``.

    Features are float32. Log and ledger say how many particles were left out by ``most``, of those that the run saw:
    what comes from the cache is not counted again.
    """

    positional: ClassVar[tuple[str, ...]] = ("output", "columns")

    output: Output
    """Name of the list of particles."""
    columns: Inputs = parameter(min_length=1)
    """Jagged columns with one number a particle, of equal lengths; patterns are allowed."""
    most: int | None = parameter(None, ge=1)
    """Particles kept in an event, the first in order; all when None."""
    sort: str = ""
    """Expression whose value ascends over the particles (``"-part_pt"``: hardest first), NaN last; empty: as it is."""
    _seen: int = PrivateAttr(0)
    _kept: int = PrivateAttr(0)

    @field_validator("sort")
    @classmethod
    def _well_formed(cls, text: str) -> str:
        return parse(text, "Particles").text if text else text

    def reads(self) -> list[str]:
        """The columns, and those in the order."""
        order = parse(self.sort, self.label).names if self.sort else []
        return list(dict.fromkeys([*self.columns, *order]))

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The list of particles; raises ``WiringError`` for columns that are not one number a particle."""
        for name in self.columns:
            _need_list(columns.need(name, self.label), f"column '{name}'", self.label)
        if self.sort:
            _need_list(parse(self.sort, self.label).result_type(columns), f"the order '{self.sort}'", self.label)
        return {self.output: ColumnType("float32", (len(self.columns),), True, tuple(self.columns))}

    def execute(self, events: Events) -> dict[str, Column]:
        """The particles. Raises ``BadValues`` when columns have different lengths in some event."""
        lists = {name: events[name] for name in self.columns}
        if self.sort:
            lists[self.sort] = parse(self.sort, self.label).evaluate(events, self.before)
        offsets = need_same_lengths(lists, events, self.label)
        values = np.stack([lists[name].values for name in self.columns], axis=1, dtype=np.float32, casting="unsafe")
        particles = Jagged(values, offsets)
        order = lists[self.sort].values if self.sort else None
        kept = _cut(particles, order, self.most)
        self._seen, self._kept = self._seen + len(values), self._kept + len(kept.values)
        return {self.output: kept}

    def finalize(self) -> None:
        """Say what was left out."""
        if self._kept < self._seen:
            lost, share = self._seen - self._kept, 100 * (1 - self._kept / self._seen)
            text = (
                f"{lost} of {self._seen} particles that this run saw ({share:.2g}%) were left out by most={self.most}"
            )
            self.job.log.warning(text)
            if self.job.ledger is not None:
                self.job.ledger.note(f"{self.label}: {text}")


def _need_list(kind: ColumnType, what: str, reader: str) -> None:
    if not kind.jagged or kind.shape:
        raise WiringError(f"{reader}: {what} is {kind}; a jagged column with one number a particle is needed")


def _cut(particles: Jagged, order: np.ndarray | None, most: int | None) -> Jagged:
    """The particles in ascending order, the first ``most`` of each event."""
    values, lengths = particles.values, particles.lengths
    event = np.repeat(np.arange(len(particles)), lengths)
    if order is not None and not _is_sorted(order, event):
        values = values[_ascending(Jagged(order, particles.offsets)) + particles.offsets[:-1][event]]
    if most is None or not len(values) or lengths.max() <= most:
        return Jagged(values, particles.offsets)
    place = np.arange(len(values)) - particles.offsets[:-1][event]
    return Jagged.from_lengths(values.take(np.flatnonzero(place < most), axis=0), np.minimum(lengths, most))


def _is_sorted(order: np.ndarray, event: np.ndarray) -> bool:
    return bool(np.all((order[1:] >= order[:-1]) | (event[1:] != event[:-1])))


def _ascending(order: Jagged) -> np.ndarray:
    """The places in their event of the particles in order: NaN last, equal ones as they were."""
    import awkward as ak

    known = Jagged(np.where(np.isnan(order.values), np.inf, order.values), order.offsets)
    places: np.ndarray = ak.to_numpy(ak.flatten(ak.argsort(known.awkward(), axis=1, stable=True)))
    return places
