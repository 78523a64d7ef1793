"""What all writers share: columns back into files beside the input, entry by entry."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path, PurePath
from typing import ClassVar

import numpy as np
from pydantic import Field, PrivateAttr

from hepdl.algorithm import Writer
from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs
from hepdl.errors import WiringError
from hepdl.events import Column, Events, Jagged
from hepdl.job import Job
from hepdl.sources import Source
from hepdl_io.friends import align, aligned, friend_paths, spread, storage, write_friend

OWN = ("hepdl_split", "hepdl_entry")


class FileWriter(Writer):
    """Base of writers; a format says with :meth:`fill` and :meth:`read_back` how a table is written and read.

    One file an input file, with the same number of entries in the same order. Entries that were not read or not
    selected hold the sentinel (lists are empty there). Beside the columns stand the reader's identity columns (-1
    where an entry was not read), ``hepdl_split`` (0 train, 1 validation, 2 test, -1 not selected) and ``hepdl_entry``.
    Behind a step that makes objects of events, columns and ``hepdl_split`` are lists with one value for each object of
    the entry, in its order; those of an entry that was not read are empty. Each file is read back and compared before
    it gets its name ``<run>/<folder>/<sample>/<file>``.
    """

    suffix: ClassVar[str]
    """End of the files' names."""
    what: ClassVar[str]
    """What the files are called in the summary."""
    positional: ClassVar[tuple[str, ...]] = ("columns",)

    columns: Inputs = Field(min_length=1)
    """Columns to write; groups become fixed-size arrays, jagged columns lists."""
    also: Inputs = []
    """More columns to write beside them, such as branches of the input."""
    tree: str = Field("hepdl", min_length=1)
    """Name of the tree, or of the group of datasets, in the file."""
    sentinel: float = -999.0
    """Value where an event was not selected; integer columns are widened where they cannot hold it."""
    folder: str = Field("scores", min_length=1)
    """Folder in the run folder; two writers in one chain need two."""
    _identities: dict[int, Events] = PrivateAttr(default_factory=dict)
    _blocks: list[Events] = PrivateAttr(default_factory=list)
    _kinds: dict[str, Column] = PrivateAttr(default_factory=dict)
    _written: dict[int, Path] = PrivateAttr(default_factory=dict)
    _places: list[PurePath] = PrivateAttr(default_factory=list)
    _nan: Counter[str] = PrivateAttr(default_factory=Counter)

    @property
    def _names(self) -> list[str]:
        return list(dict.fromkeys([*self.columns, *self.also]))

    @property
    def _places_of_rows(self) -> list[str]:
        """The columns that say where in its file a row belongs."""
        return ["entry", *(["object"] if "object" in self.job.columns else [])]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds none; raises when a column is missing, not a number, or cannot hold the sentinel."""
        for name in self._names:
            kind = columns.need(name, self.label)
            if name in OWN:
                raise WiringError(f"{self.label}: the name '{name}' is taken by a column that is always written")
            if kind.jagged and "object" in columns:
                raise WiringError(
                    f"{self.label}: column '{name}' is a list for each object, and lists of lists cannot be written; "
                    "reduce it first, or write it in a chain of its own"
                )
            if not kind.jagged:
                try:
                    storage(kind.dtype, self.sentinel)
                except WiringError as error:
                    raise WiringError(f"{self.label}: column '{name}': {error}") from None
        return {}

    def initialize(self, job: Job) -> None:
        """Choose the names of all files, so that equal names in two folders stay apart."""
        super().initialize(job)
        siblings = job.siblings or job.sources
        places = dict(zip(map(_key, siblings), friend_paths(siblings, self.suffix), strict=True))
        self._places = [places[_key(source)] for source in job.sources]

    def identify(self, source: int, events: Events) -> None:
        """Keep ``entry`` and the identity columns of all entries of a file that were read."""
        self._identities[source] = events

    def execute(self, events: Events) -> None:
        """Take selected events; a file is written when those of the next one come."""
        if not len(events):
            return
        self._count_nan(events)
        source = events["source"]
        names = dict.fromkeys([*self._names, "source", *self._places_of_rows, "part"])
        for start, stop in pairwise([0, *(np.flatnonzero(np.diff(source)) + 1), len(source)]):
            self._take(events.only(list(names)).rows(int(start), int(stop)))

    def finalize(self) -> None:
        """Write what is left, also files without any selected event."""
        self._close()
        for source in self.job.sources:
            if source.index not in self._written:
                self._write(source, None)
        for name, times in self._nan.items():
            self.job.log.warning("column '%s' has %d NaN values in selected events; written as they are", name, times)

    def fill(self, path: Path, columns: Mapping[str, Column], source: Source) -> None:
        """Write one file; ``self.parent(source)`` goes into it too."""
        raise NotImplementedError

    def read_back(self, path: Path) -> dict[str, Column]:
        """All columns of a file that :meth:`fill` wrote."""
        raise NotImplementedError

    def written(self) -> list[tuple[Source, Path]]:
        """Each input file, in order, and the file that was written beside it."""
        return [(self.job.sources[index], path) for index, path in sorted(self._written.items())]

    def parent(self, source: Source) -> str:
        """What a file was written for, as JSON."""
        parent = {"file": str(Path(source.path).absolute()), "uuid": source.uuid, "tree": source.tree}
        return json.dumps(parent | {"sample": source.sample.name, "entries": source.entries, "sentinel": self.sentinel})

    def summary(self) -> list[str]:
        """How many files were written, and where."""
        paths = [path for _, path in self.written()]
        if not paths:
            return []
        folder = os.path.commonpath([path.parent for path in paths])
        return [f"{self.what}: {len(paths)} in {folder}, read back and equal"]

    def _count_nan(self, events: Events) -> None:
        for name in self._names:
            column = events[name]
            values = column.values if isinstance(column, Jagged) else column
            if values.dtype.kind == "f" and np.isnan(values).any():
                self._nan[name] += int(np.isnan(values).sum())

    def _take(self, block: Events) -> None:
        if self._blocks and self._blocks[0]["source"][0] != block["source"][0]:
            self._close()
        self._blocks.append(block)

    def _close(self) -> None:
        if self._blocks and self.job.folder is not None:
            events = Events.concatenate(self._blocks)
            self._kinds = self._kinds or events.rows(0, 0).columns()
            self._write(self.job.sources[int(events["source"][0])], events)
        self._blocks = []

    def _write(self, source: Source, events: Events | None) -> None:
        path = self.job.path(self.folder, *self._places[source.index].parts)
        if path is None:
            return
        if source.index in self._written:
            raise RuntimeError(f"{self.label}: events of file '{source.path}' came in two parts, out of order")
        if events is None:
            names = [*self._names, *self._places_of_rows, "part"]
            events = Events(self._kinds or {name: self._empty(name) for name in names})
        columns = self._full(source, events)
        write_friend(path, columns, lambda aside: self.fill(aside, columns, source), self.read_back)
        self._written[source.index] = path

    def _full(self, source: Source, events: Events) -> dict[str, Column]:
        """All columns of one file, full length."""
        n, identity = source.entries, self._identity(source.index)
        objects = align(identity["objects"], identity["entry"], n, 0) if "objects" in identity else None
        columns: dict[str, Column] = {}
        for name in self._names:
            column = aligned(events[name], events, n, self.sentinel, objects)
            columns |= spread(name, column, self.job.columns.get(name, ColumnType()))
        for name in (name for name in identity if name not in ("entry", "objects")):
            columns[name] = align(identity[name].astype(np.int64), identity["entry"], n, -1)
        columns["hepdl_split"] = aligned(events["part"].astype(np.int8), events, n, -1, objects)
        columns["hepdl_entry"] = np.arange(n, dtype=np.int64)
        return columns

    def _identity(self, source: int) -> Events:
        """``entry`` and identity of what was read of a file, of no entry when none was."""
        names = ["entry", *(["objects"] if "object" in self.job.columns else [])]
        nothing = Events({name: np.zeros(0, np.int64) for name in names})
        none = next(iter(self._identities.values()), nothing).rows(0, 0)
        return self._identities.get(source, none)

    def _empty(self, name: str) -> Column:
        kind = self.job.columns.get(name, ColumnType("int64"))
        values = np.zeros((0, *kind.shape), kind.dtype)
        return Jagged(values, np.zeros(1, np.int64)) if kind.jagged else values


def _key(source: Source) -> tuple[str, str, str]:
    return source.sample.name, source.path, source.tree
