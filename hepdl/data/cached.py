"""What the cache holds of one file: which columns are there, which must be decoded, and what became of the entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hepdl.data.cache import Cache, read_rows, write_rows
from hepdl.data.keys import Keys, file_identity
from hepdl.data.sinks import DiskSink
from hepdl.data.store import has_column, open_column
from hepdl.errors import InputError, TamperedFile
from hepdl.events import Events
from hepdl.ledger import FileAccount
from hepdl.sources import Source


class CachedFile:
    """The part of the cache that belongs to a file, its range of entries and the selection."""

    def __init__(self, cache: Cache, keys: Keys, source: Source, keep: Sequence[str], identity: Sequence[str]) -> None:
        self.source, self._weight = source, keys.weight
        self._before = file_identity(source)
        self._part = cache.part(keys.part)
        self._columns = {name: self._part / keys.column(name) for name in keep}
        self._identity = {name: self._part / keys.file_column(name) for name in identity}
        self._rows: dict[str, Any] = read_rows(self._part) or {}
        self._missing = [name for name, path in self._columns.items() if not self._rows or not has_column(path)]

    def sink(self) -> DiskSink | None:
        """Where to put what is missing; None when nothing is."""
        whole = all(map(has_column, self._identity.values())) and self._weight in self._rows.get("sums", {})
        if whole and not self._missing:
            return None
        return DiskSink({name: self._columns[name] for name in self._missing or ["weight"]}, self._identity)

    def complete(self, account: FileAccount) -> None:
        """All is written: state what became of the entries."""
        sums = {**self._rows.get("sums", {}), self._weight: account.sum_weights}
        write_rows(self._part, {"source": self.source.path, **account.counts(), "sums": sums})

    def recall(self, account: FileAccount) -> None:
        """Tell the ledger what became of the entries when they were decoded."""
        account.recall(self._rows)
        account.sum_weights = self._rows["sums"][self._weight]

    def open(self) -> tuple[Events, Events]:
        """The selected events, and the identity of all entries, memory-mapped.

        Raises:
            TamperedFile: a column that was there before does not match its checksum.
            InputError: the file has changed since this object was made.
        """
        try:
            identity = Events({name: open_column(path) for name, path in self._identity.items()})
            columns = {name: open_column(path, name not in self._missing) for name, path in self._columns.items()}
        except TamperedFile as error:
            raise TamperedFile(f"{error}; remove the folder '{self._part}', the next run makes it anew") from None
        if file_identity(self.source) != self._before:
            path = self.source.path
            raise InputError(f"'{path}' changed while it was read; wait until it is complete and start again")
        return Events(columns), identity
