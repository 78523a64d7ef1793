"""Variant: what augmentations of columns have in common."""

from __future__ import annotations

from typing import ClassVar

from hepdl.algorithm import Augmentation
from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events, Jagged


class Variant(Augmentation):
    """Copies of columns under new names, which are varied in training and the same as the columns elsewhere. What is
    to be learned from must be made of the copies. A subclass says how they are varied.
    """

    positional: ClassVar[tuple[str, ...]] = ("columns",)

    columns: Inputs = parameter(min_length=1)
    """Columns that are varied together."""
    suffix: str = parameter("_varied", min_length=1)
    """What is added to the name of a column to name its copy."""

    def made(self) -> dict[str, str]:
        """Column → name of its copy."""
        return {name: f"{name}{self.suffix}" for name in self.columns}

    def wired(self, kind: str) -> list[str]:
        """The copies are named by the columns."""
        return list(self.made().values()) if kind == "output" else super().wired(kind)

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The copies, of the types of the columns; raises ``WiringError`` for columns that cannot be varied."""
        for name in self.columns:
            kind = columns.need(name, self.label)
            if not kind.dtype.startswith("float"):
                raise WiringError(f"{self.label}: column '{name}' is {kind}; floating-point numbers are needed")
            self.accept(name, kind)
        return {copy: columns[name] for name, copy in self.made().items()}

    def accept(self, name: str, kind: ColumnType) -> None:
        """Raise ``WiringError`` for a column that cannot be varied: unless it is one number an event or particle."""
        if kind.shape:
            raise WiringError(f"{self.label}: column '{name}' is {kind}; one number an event or particle is needed")

    def execute(self, events: Events) -> dict[str, Column]:
        """The columns as they are."""
        return {copy: events[name] for name, copy in self.made().items()}

    def together(self, events: Events, *others: str) -> dict[str, Column]:
        """Copy → column, to be varied; raises ``BadValues`` when lists, ``others`` among them, differ in length."""
        from hepdl.learning.equal_lengths import need_equal_lengths

        columns = {copy: events[name] for name, copy in self.made().items()}
        lists = [each for each in (*(events[name] for name in others), *columns.values()) if isinstance(each, Jagged)]
        if lists:
            need_equal_lengths(lists)
        return columns

    def need_list(self, name: str, kind: ColumnType) -> None:
        """Raise ``WiringError`` unless the column is a list with one number a particle."""
        if not kind.jagged or kind.shape:
            raise WiringError(f"{self.label}: column '{name}' is {kind}; a jagged column, one number a particle, is "
                              "needed")  # fmt: skip


def with_values(column: Column, values: Column) -> Column:
    """Such a column with other values."""
    return column.with_values(values) if isinstance(column, Jagged) else values


def values_of(column: Column) -> Column:
    """The values of a list, or a flat column itself."""
    return column.values if isinstance(column, Jagged) else column
