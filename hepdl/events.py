"""Events: a block of named columns of equal length, on the host or on the device.

One row is one example. A column is an array ``[N]``, ``[N, F]`` or ``[N, C, H, W]`` (numpy on the host, torch on
the device), or :class:`Jagged`: a list of particles in each event, kept as ``values`` and ``offsets`` without
padding. Blocks are never changed; what returns a changed block returns a new one that shares the columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from hepdl.errors import ColumnClash, MissingColumn, WiringError, did_you_mean
from hepdl.jagged import Array, Jagged, numpy_of, particles_of, run_of, tensor_of

__all__ = ["Array", "Column", "Events", "Jagged"]

Column = Any
"""An :data:`Array` or :class:`Jagged`."""
Choose = Callable[[Array], Array]
"""From all values to those of some rows or particles."""
LONG_RUN = 16
"""Mean length of runs of kept rows from which on they are copied run by run."""


class Events(Mapping[str, Column]):
    """A block of named columns of equal length; reading an unknown name says what there is."""

    __slots__ = ("_columns", "_length")

    def __init__(self, columns: Mapping[str, Column], length: int | None = None) -> None:
        lengths = {name: len(column) for name, column in columns.items()}
        if length is None:
            length = next(iter(lengths.values()), 0)
        wrong = {name: n for name, n in lengths.items() if n != length}
        if wrong:
            raise WiringError(f"columns of one block must have equal length {length}, but: {wrong}")
        self._columns: Mapping[str, Column] = dict(columns)
        self._length = length

    @classmethod
    def trusted(cls, columns: Mapping[str, Column], length: int) -> Self:
        """A block of columns that are known to have this length; for batches, where counting them costs too much."""
        events = cls.__new__(cls)
        events._columns, events._length = columns, length
        return events

    def __getitem__(self, name: str) -> Column:
        try:
            return self._columns[name]
        except KeyError:
            raise MissingColumn(f"there is no column '{name}'{did_you_mean(name, self._columns)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """Number of events (not of columns)."""
        return self._length

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __bool__(self) -> bool:
        return self._length > 0

    def __repr__(self) -> str:
        return f"Events({self._length} rows: {', '.join(self._columns)})"

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self._columns)

    def columns(self) -> dict[str, Column]:
        """Name → column (a new dictionary)."""
        return dict(self._columns)

    def plus(self, columns: Mapping[str, Column], step: str = "") -> Self:
        """This block and more columns; a name that exists already is an error."""
        clash = [name for name in columns if name in self._columns]
        if clash:
            raise ColumnClash(f"{step or 'a step'} would add column '{clash[0]}', which exists already")
        return type(self)({**self._columns, **columns}, self._length)

    def only(self, names: Sequence[str]) -> Self:
        """These columns alone."""
        return type(self)({name: self[name] for name in names}, self._length)

    def take(self, rows: Array) -> Self:
        """The rows with these integer indices, in that order."""

        def lists(offsets: Array) -> tuple[Choose, Array]:
            particles, kept = particles_of(offsets, rows)
            return (lambda values: values[particles]), kept

        return self._chosen(lambda column: column[rows], lists, len(rows))

    def where(self, mask: np.ndarray) -> Self:
        """The rows where a host mask ``[N]`` is true."""
        rows = np.flatnonzero(mask)
        if len(rows) == len(mask):
            return self
        breaks = np.flatnonzero(np.diff(rows) != 1) + 1
        if LONG_RUN * (len(breaks) + 1) > len(rows):
            return self.take(rows)
        return self._runs([(int(run[0]), int(run[-1]) + 1) for run in np.split(rows, breaks)])

    def _runs(self, runs: Sequence[tuple[int, int]]) -> Self:
        """Some runs of host rows: whole stretches are copied, no index of particles is made."""

        def lists(offsets: np.ndarray) -> tuple[Choose, np.ndarray]:
            ends = [(int(offsets[start]), int(offsets[stop])) for start, stop in runs]
            kept = _side_by_side(np.diff(offsets), runs)
            return (lambda values: _side_by_side(values, ends)), Jagged.from_lengths(kept, kept).offsets

        return self._chosen(lambda column: _side_by_side(column, runs), lists, sum(b - a for a, b in runs))

    def rows(self, start: int, stop: int) -> Self:
        """A contiguous run of rows; flat columns stay views."""
        length = max(0, min(stop, self._length) - start)

        def lists(offsets: Array) -> tuple[Choose, Array]:
            run, kept = run_of(offsets, start, stop)
            return (lambda values: values[run]), kept

        return self._chosen(lambda column: column[start:stop], lists, length)

    def _chosen(self, flat: Choose, lists: Callable[[Array], tuple[Choose, Array]], length: int) -> Self:
        """Some rows; where lists share their offsets, it is worked out once which particles these are."""
        worked_out: dict[int, tuple[Choose, Array]] = {}
        columns: dict[str, Column] = {}
        for name, column in self._columns.items():
            if not isinstance(column, Jagged):
                columns[name] = flat(column)
                continue
            if id(column.offsets) not in worked_out:
                worked_out[id(column.offsets)] = lists(column.offsets)
            choose, offsets = worked_out[id(column.offsets)]
            columns[name] = Jagged(choose(column.values), offsets)
        return type(self)(columns, length)

    def sharing(self) -> Self:
        """The same host columns, where lists of equal lengths share one array of offsets."""
        known: list[np.ndarray] = []
        columns = self.columns()
        for name, column in columns.items():
            if isinstance(column, Jagged):
                same = next((offsets for offsets in known if _equal(offsets, column.offsets)), None)
                if same is None:
                    known.append(column.offsets)
                else:
                    columns[name] = Jagged(column.values, same)
        return type(self)(columns, self._length)

    def to(self, device: Any) -> Self:
        """The same columns as tensors on a torch device; text columns stay on the host."""
        return type(self)({name: _to(column, device) for name, column in self._columns.items()}, self._length)

    def host(self) -> Self:
        """The same columns as numpy arrays."""
        columns = {name: c.host() if isinstance(c, Jagged) else numpy_of(c) for name, c in self._columns.items()}
        return type(self)(columns, self._length)

    @classmethod
    def joined(cls, blocks: Sequence[Events]) -> Self:
        """Several blocks of tensors with the same columns, one after the other."""
        columns = {name: _joined([block[name] for block in blocks]) for name in blocks[0]}
        return cls(columns, sum(len(block) for block in blocks))

    @classmethod
    def concatenate(cls, blocks: Sequence[Events]) -> Self:
        """Several host blocks with the same columns, one after the other."""
        if not blocks:
            return cls({})
        names = blocks[0].names
        odd = [sorted(set(block) ^ set(names)) for block in blocks if set(block) != set(names)]
        if odd:
            raise WiringError(f"blocks to be joined have different columns: {odd[0]} are not in all of them")
        columns = {name: _concatenate([block[name] for block in blocks]) for name in names}
        return cls(columns, sum(len(block) for block in blocks))


def _side_by_side(values: np.ndarray, runs: Sequence[tuple[int, int]]) -> np.ndarray:
    return np.concatenate([values[start:stop] for start, stop in runs])


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one is other or (len(one) == len(other) and one[-1] == other[-1] and np.array_equal(one, other))


def _concatenate(columns: Sequence[Column]) -> Column:
    if isinstance(columns[0], Jagged):
        return Jagged.concatenate(columns)
    return np.concatenate(columns)


def _joined(columns: Sequence[Column]) -> Column:
    import torch

    if not isinstance(columns[0], Jagged):
        return torch.cat(list(columns))
    values = torch.cat([column.values for column in columns])
    known = [column.known for column in columns]
    counts = [column.values.shape[0] for column in columns]
    offsets = _joined_offsets([column.offsets for column in columns], counts)
    return Jagged(values, offsets, _joined_offsets(known, counts) if all(each is not None for each in known) else None)


def _joined_offsets(offsets: Sequence[Array], counts: Sequence[int]) -> Array:
    import torch

    starts = itertools.accumulate(counts, initial=0)
    return torch.cat([offsets[0][:1], *(each[1:] + start for each, start in zip(offsets, starts, strict=False))])


def _to(column: Column, device: Any) -> Column:
    if isinstance(column, Jagged):
        return column.to(device)
    if isinstance(column, np.ndarray) and column.dtype.kind in "OSU":
        return column
    return tensor_of(column, device)
