"""Packed: columns of one type side by side on the device, so that a batch costs one gather a type, not one a column.

Flat columns of one type lie row by row, lists that share their offsets particle by particle: what belongs to one event
is one run of memory. Columns come back as views.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from hepdl.data.transfer import sent, staging
from hepdl.events import Column, Events, Jagged
from hepdl.jagged import particles_of, tensor_of

Key = tuple[str, tuple[int, ...]]
"""Type, and which offsets the lists have in each block (none for flat columns)."""
Place = tuple[int, int, tuple[int, ...]]
"""Number of the group a column is in, its first place in a row, its shape in a row."""
Part = tuple[torch.Tensor, Sequence[torch.Tensor]]
"""Some rows of a group, and where they are lists their offsets on the device and on the host."""

ROWS = 8192
"""Rows that are put side by side at a time."""


@dataclass(frozen=True)
class Bundle:
    """Columns side by side."""

    values: torch.Tensor
    """``[n, F]``, one row an event or a particle."""
    places: dict[str, tuple[int, tuple[int, ...]]]
    """Name of a column → its first place in a row, its shape in a row."""
    offsets: torch.Tensor | None
    """Of lists, on the host, where asking for them makes nobody wait."""


class Packed:
    """A block of columns on the device from which batches are taken."""

    def __init__(self, groups: Sequence[Bundle], names: Sequence[str], length: int, device: Any) -> None:
        self._groups, self._names, self._length, self._device = groups, names, length, device
        self._places = {name: (i, *place) for i, group in enumerate(groups) for name, place in group.places.items()}
        self._by_numpy = all(group.values.device.type == "cpu" and _numpy_has(group.values) for group in groups)

    @classmethod
    def of(cls, blocks: Sequence[Events], device: Any) -> Packed:
        """Blocks with the same columns, one after the other; of arrays or of tensors."""
        length = sum(len(block) for block in blocks)
        grouped: dict[Key, list[str]] = {}
        for name in blocks[0]:
            grouped.setdefault(_key([block[name] for block in blocks]), []).append(name)
        known: dict[tuple[int, ...], torch.Tensor] = {}
        groups = []
        for (_, shared), names in grouped.items():
            if shared and shared not in known:
                known[shared] = _offsets([block[names[0]].offsets for block in blocks])
            groups.append(_group(blocks, names, known.get(shared), length, device))
        return cls(groups, blocks[0].names, length, device)

    def __len__(self) -> int:
        return self._length

    def take(self, rows: torch.Tensor) -> Events:
        """The rows with these indices (on the host), in that order; columns of one type are views of one tensor."""
        index = rows.numpy() if self._by_numpy else rows.to(self._device, non_blocking=True)
        taken: dict[int, tuple[Any, ...]] = {}
        parts: list[Part] = []
        for group in self._groups:
            if group.offsets is None:
                parts.append((_taken(group.values, index), ()))
                continue
            if id(group.offsets) not in taken:
                taken[id(group.offsets)] = self._particles(group.offsets, rows)
            particles, *offsets = taken[id(group.offsets)]
            parts.append((_taken(group.values, particles), offsets))
        return Events.trusted(Views(self._names, self._places, parts), len(rows))

    def _particles(self, offsets: torch.Tensor, rows: torch.Tensor) -> tuple[Any, ...]:
        """Where the particles of some rows lie, and the offsets of a list of them on the device and on the host."""
        if self._by_numpy:
            index, ends = particles_of(offsets.numpy(), rows.numpy())
            known = torch.from_numpy(ends)
            return index, known, known
        particles, known = particles_of(offsets, rows, self._device)
        return particles, known.to(self._device), known

    def plus(self, columns: Mapping[str, torch.Tensor]) -> Packed:
        """With more flat columns, tensors on the same device."""
        more = Packed.of([Events(columns)], self._device)
        return Packed([*self._groups, *more._groups], [*self._names, *columns], self._length, self._device)

    def only(self, names: Sequence[str]) -> Packed:
        """These columns alone; what lies beside them is kept, but nothing of a type of which none is asked for."""
        groups = [group for group in self._groups if any(name in group.places for name in names)]
        return Packed(groups, names, self._length, self._device)

    def tensors(self) -> list[torch.Tensor]:
        """What it holds on the device."""
        return [group.values for group in self._groups]

    def all(self) -> Events:
        """Every row, as views."""
        known = {id(group.offsets): group.offsets for group in self._groups if group.offsets is not None}
        moved = {key: (tensor_of(offsets, self._device), offsets) for key, offsets in known.items()}
        parts = [(group.values, moved.get(id(group.offsets), ())) for group in self._groups]
        return Events.trusted(Views(self._names, self._places, parts), self._length)

    def lengths(self, name: str) -> torch.Tensor:
        """Particles in each event, on the host."""
        group = next(group for group in self._groups if name in group.places)
        assert group.offsets is not None
        return group.offsets[1:] - group.offsets[:-1]


def _key(columns: Sequence[Column]) -> Key:
    jagged = isinstance(columns[0], Jagged)
    values = columns[0].values if jagged else columns[0]
    return str(values.dtype), tuple(id(column.offsets) for column in columns) if jagged else ()


def _offsets(blocks: Sequence[Any]) -> torch.Tensor:
    lengths = torch.cat([tensor_of(each[1:] - each[:-1], "cpu") for each in blocks])
    return torch.cat([lengths.new_zeros(1), torch.cumsum(lengths, 0)])


def _group(
    blocks: Sequence[Events], names: Sequence[str], offsets: torch.Tensor | None, length: int, device: Any
) -> Bundle:
    columns = [[_values(block[name]) for block in blocks] for name in names]
    shapes = [tuple(parts[0].shape[1:]) for parts in columns]
    ends = np.cumsum([math.prod(shape) for shape in shapes]).tolist()
    starts = [0, *ends[:-1]]
    example = columns[0][0]
    kind = torch.from_numpy(example[:0].copy()) if isinstance(example, np.ndarray) else example
    values = staging((length if offsets is None else int(offsets[-1]), ends[-1]), kind, device)
    _fill(values, columns, list(zip(starts, ends, strict=True)))
    return Bundle(sent(values, device), dict(zip(names, zip(starts, shapes, strict=True), strict=True)), offsets)


def _values(column: Column) -> Any:
    return column.values if isinstance(column, Jagged) else column


def _fill(values: torch.Tensor, columns: Sequence[Sequence[Any]], places: Sequence[tuple[int, int]]) -> None:
    """Some rows of all columns, then the next ones, so that these rows of the result stay in the processor's cache."""
    row = 0
    for parts in zip(*columns, strict=True):
        for first in range(0, len(parts[0]), ROWS):
            for part, (start, end) in zip(parts, places, strict=True):
                some = part[first : first + ROWS]
                _copy(some.reshape(len(some), end - start), values[row : row + len(some), start:end])
            row += len(some)


def _copy(these: Any, here: torch.Tensor) -> None:
    if isinstance(these, np.ndarray):
        here.numpy()[:] = these  # read-only maps are no tensors
    else:
        here.copy_(these)


def _numpy_has(values: torch.Tensor) -> bool:
    return values.dtype is not torch.bfloat16


def _taken(values: torch.Tensor, index: Any) -> torch.Tensor:
    """Some rows. On the host numpy's take needs three quarters of the time of index_select, for the same bytes."""
    if isinstance(index, np.ndarray):
        return torch.from_numpy(values.numpy().take(index, 0))
    return values.index_select(0, index)


class Views(Mapping[str, Column]):
    """Columns of a batch; each is a view that is made when it is asked for."""

    __slots__ = ("_made", "_names", "_parts", "_places")

    def __init__(self, names: Sequence[str], places: Mapping[str, Place], parts: Sequence[Part]) -> None:
        self._names, self._places, self._parts = names, places, parts
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            self._made[name] = self._view(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _view(self, name: str) -> Column:
        if name not in self._names:
            raise KeyError(name)
        number, start, shape = self._places[name]
        values, offsets = self._parts[number]
        view = values.narrow(1, start, math.prod(shape)) if shape else values.select(1, start)
        view = view.reshape(-1, *shape) if len(shape) > 1 else view
        return Jagged(view, *offsets) if offsets else view
