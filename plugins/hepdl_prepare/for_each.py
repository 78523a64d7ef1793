"""ForEach: each object of a collection becomes an event of the chain."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from hepdl.algorithm import Expansion
from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs
from hepdl.errors import BadValues, WiringError
from hepdl.events import Events, Jagged


class ForEach(Expansion):
    """Makes each object of a collection a row of its own: ``ForEach("FatJet")`` trains a jet tagger on event files.

    The lists of the collection become plain columns of the same names: behind it ``FatJet_pt`` is one number a row. All
    other columns are repeated for each object of their event, lists of other collections included. ``object`` is the
    place of the object in its event and ``objects`` how many there are. All objects of an event are in one part of the
    split. A writer behind it writes lists that are aligned with the collection, one value for every object of every
    entry that was read.
    """

    positional: ClassVar[tuple[str, ...]] = ("collection",)

    collection: str = Field(min_length=1)
    """Name of the collection, as in ``FatJet_pt`` or ``FatJet.pt``."""
    columns: Inputs = Field([], min_length=1)
    """Its lists, by default all columns that begin with its name and ``_`` or ``.``; the first of them counts the
    objects and must be a branch."""

    @model_validator(mode="before")
    @classmethod
    def _all_lists_by_default(cls, values: Any) -> Any:
        name = values.get("collection")
        return {"columns": [f"{name}[._]*"]} | values if isinstance(name, str) else values

    @property
    def label(self) -> str:
        """The instance name, or the type's name and the collection."""
        return self.name or f"{type(self).__name__}({self.collection})"

    def reads(self) -> list[str]:
        """The list that counts the objects; of the others those alone are read that a later step needs."""
        return self.columns[:1]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The lists of the collection as plain columns; raises ``WiringError`` for one that is not a list."""
        return {name: self._flat(name, columns.need(name, self.label)) for name in self.columns}

    def lengths(self, events: Events) -> np.ndarray:
        """Length ``[N]`` of the first list."""
        lengths: np.ndarray = events[self.columns[0]].lengths
        return lengths

    def execute(self, events: Events) -> Events:
        """One row an object. Raises ``BadValues`` where two lists of the collection differ in length."""
        lengths = self.lengths(events)
        lists = {name: events[name] for name in self.columns if name in events}
        for name, column in lists.items():
            self._refuse_unequal(name, column, lengths, events)
        rows = np.repeat(np.arange(len(events)), lengths)
        repeated = events.only([name for name in events if name not in lists]).take(rows)
        flat = {name: column.values for name, column in lists.items()}
        return Events({name: flat[name] if name in flat else repeated[name] for name in events}, len(rows))

    def _flat(self, name: str, kind: ColumnType) -> ColumnType:
        if not kind.jagged:
            raise WiringError(
                f"{self.label}: column '{name}' is one {kind} an event, not a list; name the lists of the collection, "
                f"as with columns=['{self.collection}_*', '!{name}']"
            )
        return ColumnType(kind.dtype, kind.shape, members=kind.members, unit=kind.unit)

    def _refuse_unequal(self, name: str, column: Jagged, lengths: np.ndarray, events: Events) -> None:
        other = np.flatnonzero(column.lengths != lengths)
        if other.size:
            row = int(other[0])
            raise BadValues(
                f"{self.label}: entry {events['entry'][row]} has {column.lengths[row]} elements in '{name}', but "
                f"{lengths[row]} in '{self.columns[0]}'; if '{name}' is not of this collection leave it out, as with "
                f"columns=['{self.collection}_*', '!{name}']"
            )
