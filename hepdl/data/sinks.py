"""Sinks: where the columns of a file go while it is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from hepdl.data.store import ColumnWriter
from hepdl.events import Events


class MemorySink:
    """Keeps the columns in memory."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._blocks: list[Events] = []
        self._identities: list[Events] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def append(self, events: Events) -> None:
        """The selected events of the next block."""
        self._blocks.append(events.only(self.names))

    def identify(self, identity: Events) -> None:
        """Identity of all entries of the next block."""
        self._identities.append(identity)

    @property
    def events(self) -> Events:
        """All selected events."""
        return Events.concatenate(self._blocks)

    @property
    def identity(self) -> Events:
        """Identity of all entries."""
        return Events.concatenate(self._identities)


class DiskSink:
    """Writes the columns into a part of the cache; what is half-written when something fails leaves no trace."""

    def __init__(self, columns: Mapping[str, Path], identity: Mapping[str, Path]) -> None:
        self.names = list(columns)
        self._paths, self._identity_paths = columns, identity

    def __enter__(self) -> Self:
        self._columns = {name: ColumnWriter(path) for name, path in self._paths.items()}
        self._identity = {name: ColumnWriter(path) for name, path in self._identity_paths.items()}
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for writer in (*self._columns.values(), *self._identity.values()):
            writer.close() if error is None else writer.abandon()

    def append(self, events: Events) -> None:
        """The selected events of the next block."""
        for name, writer in self._columns.items():
            writer.append(events[name])

    def identify(self, identity: Events) -> None:
        """Identity of all entries of the next block."""
        for name, writer in self._identity.items():
            writer.append(identity[name])
