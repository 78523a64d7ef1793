"""Datasets in HDF5 files: plain arrays, structured datasets as ATLAS writes them, lists of variable length."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import h5py
import numpy as np

from hepdl.columns import ColumnType
from hepdl.errors import InputError, did_you_mean, listed
from hepdl.events import Column, Jagged
from hepdl_io.failures import reading
from hepdl_io.fields import PARENT, Field, Fields, OpenFile, finished, number_type, steps_of
from hepdl_io.paths import fingerprint
from hepdl_io.structured import is_list, take_apart
from hepdl_io.watch import touch

RAW = 16 << 20
"""Bytes of a dataset that are read at a time at most, or one chunk."""
PLUGINS = {305: "LZO", 307: "bzip2", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd"}
"""Numbers of registered filters (https://github.com/HDFGroup/hdf5_plugins) that h5py does not bring along."""
READABLE = "only numbers, arrays and lists of numbers and text can be read"


class Datasets(OpenFile):
    """The datasets of a file whose first dimension counts the entries."""

    def __init__(self, path: str, file: h5py.File, events: str, valid: str) -> None:
        self.path, self.tree, self._file = path, "", file
        self._valid = valid
        self._datasets = _datasets(file)
        self._events = _counted(path, self._datasets, events)
        self.entries: int = self._datasets[self._events].shape[0]
        self.parent = json.loads(file.attrs.get(PARENT, '{"uuid": ""}'))["uuid"]
        self._range, self._raw = (0, 0), dict[tuple[str, tuple[str, ...]], Column]()
        self._wanted: dict[str, list[str]] = {}

    @property
    def uuid(self) -> str:
        """HDF5 files have none."""
        return fingerprint(self.path)

    @property
    def fields(self) -> Fields:
        """``group.dataset`` for a plain dataset, ``dataset.member`` for a structured one."""
        fields: Fields = {}
        for path, dataset in self._datasets.items():
            problem = self._problem(path, dataset)
            for field in _fields(path, dataset.dtype, dataset.shape[1:], self._valid):
                name = ".".join((*path.split("/"), *field.members))
                fields[name] = Field(path, field.members, None, problem) if problem else field
        return fields

    def edges(self, fields: Sequence[Field], start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
        """Ranges that end where chunks end, and take no more memory than one chunk or :data:`RAW` bytes a dataset."""
        self._wanted = {field.path: [] for field in fields}
        for field in fields:
            self._wanted[field.path] += field.members
        used = [self._datasets[path] for path in self._wanted]
        chunk = max((dataset.chunks[0] for dataset in used if dataset.chunks), default=1)
        widest = max((_row_bytes(dataset) for dataset in used), default=1)
        size = max(chunk, min(size, RAW // widest) // chunk * chunk)
        return steps_of(range(start - start % chunk + size, stop, size), start, stop, 1)

    def column(self, field: Field, start: int, stop: int) -> Column:
        """One column; a structured dataset is read once for all its members."""
        if self._range != (start, stop):
            touch(self.path, start / max(self.entries, 1))
            self._range, self._raw = (start, stop), {}
        key = field.path, field.members
        if key not in self._raw:
            self._raw |= self._read(field, start, stop)
        column = self._raw[key]
        if field.kind is not None and field.kind.jagged and not isinstance(column, Jagged):
            lengths = np.fromiter(map(len, column), np.int64, len(column))
            column = Jagged.from_lengths(np.concatenate([np.zeros(0, field.kind.dtype), *column]), lengths)
        return finished(column, field)

    def _read(self, field: Field, start: int, stop: int) -> dict[tuple[str, tuple[str, ...]], Column]:
        """A dataset; of a structured one all members that are wanted, alone where they are a small part of it."""
        path, dataset = field.path, self._datasets[field.path]
        if dataset.dtype.names is None:
            return {(path, ()): dataset[start:stop]}
        names = list(dict.fromkeys([*self._wanted.get(path, ()), *field.members]))
        padded = is_list(dataset.dtype, dataset.ndim - 1, self._valid)
        needed = list(dict.fromkeys([*names, self._valid])) if padded else names
        few = sum(dataset.dtype[name].itemsize for name in needed) < dataset.dtype.itemsize / 2
        raw = dataset.fields(needed)[start:stop] if few else dataset[start:stop]
        return {(path, (name,)): column for name, column in take_apart(raw, names, self._valid).items()}

    def _problem(self, path: str, dataset: h5py.Dataset) -> str:
        """Why nothing of a dataset can be read; empty when it can."""
        if dataset.shape[0] != self.entries:
            return f"has {dataset.shape[0]} entries, but dataset '{self._events}' has {self.entries}"
        missing = [number for number in _filters(dataset) if not h5py.h5z.filter_avail(number)]
        if not missing:
            return ""
        named = f"{PLUGINS.get(missing[0], 'unknown')}, number {missing[0]}"
        return f"is compressed with a filter that is not installed ({named}); pip install hdf5plugin (dataset '{path}')"


@contextmanager
def open_datasets(path: str, events: str, valid: str) -> Iterator[Datasets]:
    """The datasets of a file, closed afterwards; filters of the package hdf5plugin are there if it is."""
    with suppress(ImportError):
        import_module("hdf5plugin")
    with reading(f"file '{path}' cannot be read"):
        touch(path)
        file = h5py.File(path, "r")
    with file:
        with reading(f"file '{path}' cannot be read"):
            found = Datasets(path, file, events, valid)
        yield found


def _datasets(file: h5py.File) -> dict[str, h5py.Dataset]:
    found: dict[str, h5py.Dataset] = {}

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape:
            found[name] = item

    file.visititems(keep)
    return found


def _counted(path: str, datasets: dict[str, h5py.Dataset], events: str) -> str:
    """The dataset that counts the entries: the one that is named, or one of those that most others are as long as."""
    if events.strip("/") in datasets:
        return events.strip("/")
    if events:
        raise InputError(f"file '{path}' holds no dataset '{events}'{did_you_mean(events, datasets)}")
    if not datasets:
        raise InputError(f"file '{path}' holds no dataset")
    lengths = {name: dataset.shape[0] for name, dataset in datasets.items()}
    times = Counter(lengths.values()).most_common(2)
    if len(times) > 1 and times[0][1] == times[1][1]:
        shown = listed([f"{name} ({length})" for name, length in lengths.items()])
        raise InputError(
            f"file '{path}' holds datasets of different lengths: {shown}; say which one has an entry for each event, "
            f"as events='{next(iter(lengths))}'"
        )
    return next(name for name, length in lengths.items() if length == times[0][0])


def _fields(path: str, dtype: np.dtype[Any], shape: tuple[int, ...], valid: str) -> Iterator[Field]:
    if dtype.names is None:
        yield _field(Field(path), dtype, shape, False)
        return
    jagged = is_list(dtype, len(shape), valid)
    for name in dtype.names:
        if not (jagged and name == valid):
            base, inner = dtype[name].subdtype or (dtype[name], ())
            whole = inner if jagged else (*shape, *inner)
            yield _field(Field(path, (name,)), base, whole, jagged)


def _field(where: Field, dtype: np.dtype[Any], shape: tuple[int, ...], jagged: bool) -> Field:
    listed_type = h5py.check_vlen_dtype(dtype)
    text = dtype.kind == "S" or h5py.check_string_dtype(dtype) is not None
    if text and not shape:
        return Field(where.path, where.members, ColumnType("int64", (), jagged), "holds text", "categories")
    if listed_type is not None and not text and not shape and not jagged:
        kind = number_type(listed_type, (), True)
    else:
        kind = number_type(dtype, shape, jagged)
    return Field(where.path, where.members, kind, "" if kind else f"is of type '{dtype}'; {READABLE}")


def _filters(dataset: h5py.Dataset) -> list[int]:
    settings = dataset.id.get_create_plist()
    return [settings.get_filter(number)[0] for number in range(settings.get_nfilters())]


def _row_bytes(dataset: h5py.Dataset) -> int:
    return max(1, int(dataset.dtype.itemsize * np.prod(dataset.shape[1:], dtype=np.int64)))
