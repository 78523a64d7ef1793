"""What every format says about its files: columns that could be read, entries, identity, ranges, values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hepdl.columns import ColumnType
from hepdl.events import Column, Jagged

Need = Literal["", "categories", "flatten"]

PARENT = "hepdl_parent"
"""Name of the text in a friend file that says what it was written for."""


@dataclass(frozen=True)
class Field:
    """A column that a file offers: the branch or dataset it is in and the members that lead to it."""

    path: str
    members: tuple[str, ...] = ()
    kind: ColumnType | None = None
    """The type it is read with; None when it cannot be read."""
    problem: str = ""
    """Why it cannot be read, or what must be declared, as ``is of type 'std::string'``."""
    need: Need = ""
    """The parameter in which the column must be declared before it can be read."""
    file: int = 0
    """Which of the files side by side it is in; 0 for the file of the sample."""


Fields = dict[str, Field]


@dataclass(frozen=True)
class Header:
    """What a file, and those beside it, say about themselves before an entry is read."""

    path: str
    tree: str
    entries: int
    uuid: str
    fields: Fields
    beside: tuple[tuple[str, str], ...] = ()
    """Path and tree of files whose columns stand beside its own."""


class OpenFile(ABC):
    """A file that stands open: what a format must know. Whatever its library raises may pass through."""

    path: str
    tree: str
    """Name of the tree in the file; empty for formats that hold one table."""
    entries: int
    parent: str = ""
    """UUID of the file that a friend was written for; empty where it says nothing."""

    @property
    @abstractmethod
    def uuid(self) -> str:
        """Identity of the content, whatever its path."""

    @property
    @abstractmethod
    def fields(self) -> Fields:
        """All columns by name."""

    @abstractmethod
    def edges(self, fields: Sequence[Field], start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
        """Ranges of about ``size`` entries from ``start`` to ``stop``, such that nothing is decompressed twice."""

    @abstractmethod
    def column(self, field: Field, start: int, stop: int) -> Column:
        """Entries ``start`` to ``stop`` as numpy values or lists; text columns as arrays of text."""


def number_type(dtype: Any, shape: tuple[int, ...] = (), jagged: bool = False) -> ColumnType | None:
    """The type of a column of such numbers: half floats become float32; None for what is not a number."""
    dtype = np.dtype(dtype)
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        return None
    name = "float32" if dtype == np.float16 else dtype.newbyteorder("=").name
    return ColumnType(name, shape, jagged)


def plain(values: np.ndarray, kind: ColumnType) -> np.ndarray:
    """Values in one piece, in this machine's byte order and the type of the column."""
    return np.ascontiguousarray(values, dtype=kind.dtype).reshape(-1, *kind.shape)


def finished(column: Column, field: Field) -> Column:
    """A decoded column in the type of its field; text stays as it is."""
    assert field.kind is not None
    if field.need == "categories":
        return column
    if isinstance(column, Jagged):
        return Jagged(plain(column.values, field.kind), column.offsets)
    return plain(column, field.kind)


def steps_of(marks: Sequence[int], start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges from ``start`` to ``stop`` that end at ``marks`` (ascending), each of ``size`` entries or more."""
    begin = start
    for mark in marks:
        if mark - begin >= size and mark < stop:
            yield begin, mark
            begin = mark
    yield begin, stop
