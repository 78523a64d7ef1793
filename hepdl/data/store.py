"""Store: columns of one file's selected events, packed on disk as flat arrays, read back memory-mapped.

A jagged column is its packed values, particle by particle, and its offsets. A column is written block by block under
a name of its own process and renamed when it is complete, so that two jobs may write the same column at once and a
half-written one is never seen. A description beside it holds type, counts and a checksum.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import uuid
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hepdl.errors import TamperedFile
from hepdl.events import Column, Jagged


@dataclass(frozen=True)
class Stored:
    """What a stored column is: enough to map it, and to see that it is whole."""

    dtype: str
    shape: tuple[int, ...]
    """Shape of one row, or of one particle."""
    rows: int
    items: int
    """Particles of a jagged column; the rows again of a flat one."""
    jagged: bool
    checksum: int
    """CRC-32 of the values."""


class ColumnWriter:
    """Writes one column block by block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._aside = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}")
        self._values = self._aside.with_suffix(".values").open("wb")
        self._lengths: list[np.ndarray] = []
        self._rows = self._items = self._checksum = 0
        self._kind: tuple[str, tuple[int, ...], bool] | None = None

    def append(self, column: Column) -> None:
        """The next block."""
        jagged = isinstance(column, Jagged)
        values = np.ascontiguousarray(column.values if jagged else column)
        kind = (values.dtype.str, values.shape[1:], jagged)
        if self._kind not in (None, kind):
            raise TypeError(f"a column changed its type from {self._kind} to {kind}")
        self._kind = kind
        if jagged:
            self._lengths.append(column.lengths)
        data = _bytes(values)
        self._checksum = zlib.crc32(data, self._checksum)
        self._values.write(data)
        self._rows, self._items = self._rows + len(column), self._items + len(values)

    def close(self) -> None:
        """The column is complete: give it its name."""
        self._values.flush()
        self._values.close()
        dtype, shape, jagged = self._kind or ("<f4", (), False)
        if jagged:
            lengths = np.concatenate(self._lengths)
            offsets = np.zeros(len(lengths) + 1, np.int64)
            np.cumsum(lengths, out=offsets[1:])
            self._aside.with_suffix(".offsets").write_bytes(offsets.tobytes())
            self._aside.with_suffix(".offsets").replace(self.path.with_suffix(".offsets"))
        self._aside.with_suffix(".values").replace(self.path.with_suffix(".values"))
        stored = Stored(dtype, shape, self._rows, self._items, jagged, self._checksum)
        write_json(self.path.with_suffix(".json"), asdict(stored))

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._values.close()
        for suffix in (".values", ".offsets"):
            self._aside.with_suffix(suffix).unlink(missing_ok=True)


def has_column(path: Path) -> bool:
    """Whether a complete column stands under this path; one that was cut short does not count."""
    try:
        stored = _description(path)
        sizes = [path.with_suffix(".values").stat().st_size]
        sizes += [path.with_suffix(".offsets").stat().st_size] if stored.jagged else []
    except (OSError, ValueError, TypeError, KeyError):
        return False
    return sizes == _sizes(stored)


def open_column(path: Path, verify: bool = True) -> Column:
    """The column, memory-mapped.

    Raises:
        TamperedFile: the values do not match the checksum.
    """
    stored = _description(path)
    values = _mapped(path.with_suffix(".values"), np.dtype(stored.dtype), (stored.items, *stored.shape))
    if verify and zlib.crc32(_bytes(values)) != stored.checksum:
        raise TamperedFile(f"the cached column '{path}' does not match its checksum; it was changed or damaged")
    if not stored.jagged:
        return values
    return Jagged(values, _mapped(path.with_suffix(".offsets"), np.dtype(np.int64), (stored.rows + 1,)))


def _bytes(values: np.ndarray) -> memoryview | bytes:
    return memoryview(values.reshape(-1).view(np.uint8)) if values.size else b""  # type: ignore[arg-type]


def write_json(path: Path, value: Any) -> None:
    """Write a small file in full or not at all."""
    aside = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}")
    aside.write_text(json.dumps(value))
    aside.replace(path)


def _description(path: Path) -> Stored:
    value = json.loads(path.with_suffix(".json").read_text())
    return Stored(**(value | {"shape": tuple(value["shape"])}))


def _sizes(stored: Stored) -> list[int]:
    each = np.dtype(stored.dtype).itemsize * int(np.prod(stored.shape, dtype=np.int64))
    return [stored.items * each] + ([(stored.rows + 1) * 8] if stored.jagged else [])


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
    if 0 in shape:
        return np.zeros(shape, dtype)
    with path.open("rb") as file:
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(whole, dtype, math.prod(shape)).reshape(shape)  # np.memmap's own class is slow to slice
