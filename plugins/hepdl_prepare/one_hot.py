"""OneHot: a category as a group of zeros and a one."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, Output
from hepdl.errors import BadValues, WiringError
from hepdl.events import Column, Events, Jagged

PDG: dict[str, list[float]] = {
    "charged_hadron": [211, 321, 2212, 3112, 3222, 3312, 3334],
    "neutral_hadron": [130, 310, 311, 2112, 3122, 3322],
    "photon": [22],
    "electron": [11],
    "muon": [13],
}
"""What detectors tell apart, by the Particle Data Group's numbers without sign."""
SHOWN = 3
"""Unknown values that an error names."""


class OneHot(Algorithm):
    """One number for each category, 1 for the one that a value belongs to and 0 for the others, of an event or of each
    particle: ``OneHot("part_pdgid", "part_class", values="pdg")``.

    A value of no category is an error, unless ``other`` gives such values a category of their own; how many they are
    stands then in the log and the ledger of the run that decodes the files, not in one that finds them in the cache.
    """

    positional: ClassVar[tuple[str, ...]] = ("column", "output")

    column: Input
    """Column with the categories as numbers, one an event or a particle."""
    output: Output
    """Name of the group ``[N, categories]``, or of the list of particles with it."""
    values: list[float] | dict[str, list[float]] | Literal["pdg"] = Field(min_length=1)
    """The categories: their values; or their names, each with the values that belong to it; or ``"pdg"`` for charged
    hadron, neutral hadron, photon, electron and muon from the PDG number, whatever its sign."""
    other: bool = False
    """One more category, the last, for all other values."""
    _seen: int = PrivateAttr(0)
    _others: int = PrivateAttr(0)

    @model_validator(mode="after")
    def _check(self) -> Self:
        known = [value for values in self.categories().values() for value in values]
        twice = sorted({value for value in known if known.count(value) > 1})
        if twice or not known:
            raise ValueError(f"value {twice[0]:g} is in two categories" if twice else "values names no value")
        return self

    def categories(self) -> dict[str, list[float]]:
        """Name → the values that belong to it."""
        if self.values == "pdg":
            return PDG
        return self.values if isinstance(self.values, dict) else {f"{value:g}": [value] for value in self.values}  # type: ignore[union-attr]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The group float32, a member for each category; raises ``WiringError`` for a column of several numbers."""
        kind = columns.need(self.column, self.label)
        if kind.shape or np.dtype(kind.dtype).kind not in "biuf":
            raise WiringError(f"{self.label}: column '{self.column}' is {kind}; one number an event or particle is "
                              "needed")  # fmt: skip
        members = tuple(f"{self.column}={name}" for name in [*self.categories(), *(["other"] if self.other else [])])
        return {self.output: ColumnType("float32", (len(members),), kind.jagged, members)}

    def execute(self, events: Events) -> dict[str, Column]:
        """The group. Raises ``BadValues`` for values outside the categories, unless there is ``other``."""
        column = events[self.column]
        place = self._places(column.values if isinstance(column, Jagged) else column)
        width = len(self.categories()) + self.other
        group = (place[:, None] == np.arange(width)).astype(np.float32)
        return {self.output: column.with_values(group) if isinstance(column, Jagged) else group}

    def finalize(self) -> None:
        """Say how many values were of no category."""
        if self._others:
            text = f"{self._others} of {self._seen} values of '{self.column}' that this run saw are of no category"
            self.job.log.warning(f"{text} (other)")
            if self.job.ledger is not None:
                self.job.ledger.note(f"{self.label}: {text} (other)")

    def _places(self, values: np.ndarray) -> np.ndarray:
        """The category of each value."""
        numbers = np.abs(values.astype(np.float64)) if self.values == "pdg" else values.astype(np.float64)
        pairs = sorted((value, i) for i, each in enumerate(self.categories().values()) for value in each)
        known, category = np.array([value for value, _ in pairs]), np.array([i for _, i in pairs])
        nearest = np.searchsorted(known, numbers).clip(max=len(known) - 1)
        inside = known[nearest] == numbers
        if not inside.all() and not self.other:
            self._refuse(values[~inside])
        self._seen, self._others = self._seen + len(values), self._others + int((~inside).sum())
        return np.where(inside, category[nearest], len(self.categories()))

    def _refuse(self, values: np.ndarray) -> None:
        kinds, counts = np.unique(values, return_counts=True)
        first = np.argsort(-counts, kind="stable")[:SHOWN]
        shown = ", ".join(f"'{kinds[i]:g}' ({counts[i]} times)" for i in first)
        more = f" and {len(kinds) - SHOWN} more" if len(kinds) > SHOWN else ""
        known = ", ".join(self.categories())
        raise BadValues(
            f"{self.label}: column '{self.column}' holds {len(values)} values of no category: {shown}{more}; the "
            f"categories are {known}; add the values, or give them a category of their own with other=True"
        )
