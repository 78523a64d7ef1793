"""What a column is before there are data: its type, shape and members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from hepdl.errors import MissingColumn, WiringError, did_you_mean


@dataclass(frozen=True)
class ColumnType:
    """Type of one column: ``dtype`` of an element, ``shape`` of a row (or of a particle when ``jagged``)."""

    dtype: str = "float32"
    shape: tuple[int, ...] = ()
    jagged: bool = False
    members: tuple[str, ...] = ()
    """Names of the columns that a ``[N, F]`` group was made of, in order."""
    unit: str = ""

    @property
    def width(self) -> int:
        """Number of features of a row (or particle): 1 for a plain number."""
        return self.shape[0] if self.shape else 1

    def __str__(self) -> str:
        inner = "".join(f"[{n}]" for n in self.shape)
        return f"{'jagged ' if self.jagged else ''}{self.dtype}{inner}"


class Columns(dict[str, ColumnType]):
    """Names and types of all columns at one place of the chain, in the order in which they came."""

    def need(self, name: str, reader: str) -> ColumnType:
        """The type of a column that ``reader`` (a step, for the message) reads."""
        if name not in self:
            raise MissingColumn(f"{reader}: there is no column '{name}'{did_you_mean(name, self)}")
        return self[name]

    def need_flat(self, name: str, reader: str) -> ColumnType:
        """As :meth:`need`, and the column must have one row an event."""
        kind = self.need(name, reader)
        if kind.jagged:
            raise WiringError(
                f"{reader}: column '{name}' is jagged (a list of {kind.dtype} in each event), a flat one is needed; "
                f"reduce it first, for example Define('{name}_sum', 'sum({name})')"
            )
        return kind

    def plus(self, more: dict[str, ColumnType]) -> Self:
        """These columns and ``more``; clashes are judged by the chain."""
        return type(self)(self | more)


def columns_from_json(value: dict[str, dict[str, Any]]) -> Columns:
    """The columns that were written with ``dataclasses.asdict`` for each type."""
    kinds = {
        name: {**kind, "shape": tuple(kind["shape"]), "members": tuple(kind["members"])} for name, kind in value.items()
    }
    return Columns({name: ColumnType(**kind) for name, kind in kinds.items()})
