"""RootReader: events from ROOT files, TTree or RNTuple."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import PrivateAttr

from hepdl.algorithm import Reader
from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.errors import InputError
from hepdl.events import Column, Events
from hepdl.sources import Source
from hepdl_io.branches import Field, decode, edges
from hepdl_io.catalogue import Catalogue
from hepdl_io.paths import Place
from hepdl_io.trees import COMPARE, opened, reading


class RootReader(Reader):
    """Reads trees (TTree or RNTuple) from ROOT files, with names as in ROOT.

    Numbers become columns ``[N]``, fixed-size arrays ``[N, k]``, variable-size arrays and vectors jagged columns.
    Members of leaf lists and simple objects have a dot: ``leaflist.x``, ``jetp4.fE``. A sample's pattern may name
    its tree after a colon, ``"higgs.root:sig_tree"``. A file that cannot be read ends the run with ``InputError``.
    """

    tree: str = ""
    """Name or path (``folder/tree``) of the tree; may be empty where each file holds only one."""
    block: int = parameter(100_000, unit="events", ge=1)
    """About how many events are decoded at a time; blocks end where baskets end."""
    skip_bad_files: bool = False
    """Leave out files that cannot be read, count and print them, instead of ending the run."""
    _catalogue: Catalogue | None = PrivateAttr(None)

    def sources(self) -> list[Source]:
        """All files, opened for their entries and UUID. Raises ``InputError`` naming sample and file."""
        self._catalogue = None  # as they are now, not as they were when the script was checked
        headers = enumerate(self._files().headers())
        sources = [Source(i, p.sample, p.path, header.entries, header.uuid, header.tree) for i, (p, header) in headers]
        if not self.identity:
            _refuse_copies(sources)
        return sources

    def skipped(self) -> list[tuple[str, str, str]]:
        """Files that were left out: (path, name of the sample, reason)."""
        return list(self._files().skipped)

    def offers(self, head: bool = False) -> Columns:
        """Types of all columns that some file offers, as its first file has them; :meth:`check` compares files."""
        columns = Columns()
        for _, header in self._files().headers(head):
            for name, field in header.fields.items():
                if field.kind is not None:
                    columns.setdefault(name, field.kind)
        return columns

    def check(self, names: list[str], head: bool = False, sample: str = "") -> None:
        """Raise ``InputError`` when a file of the sample (of any, when empty) cannot give one of these columns."""
        for place, header in self._files().headers(head):
            if sample in ("", place.sample.name):
                for name in names:
                    self._files().field(place, header, name)

    def blocks(self, source: Source, names: list[str], start: int, stop: int) -> Iterator[Events]:
        """Entries ``start`` to ``stop`` in order. Raises ``InputError`` naming file, branch and entries."""
        place = Place(source.sample, source.path, source.tree)
        header = self._files().header(place)
        fields = {name: self._files().field(place, header, name) for name in names}
        with opened(source.path, source.tree) as tree:
            if tree.num_entries != source.entries:
                change = f"{source.entries} entries when the run began, {tree.num_entries} now"
                raise InputError(f"file '{source.path}' changed: {change}")
            for first, last in edges(tree, list(fields.values()), start, stop, self.block):
                yield _block(tree, source, fields, first, last)

    def _files(self) -> Catalogue:
        if self._catalogue is None:
            self._catalogue = Catalogue(self.samples, self.tree, self.skip_bad_files)
        return self._catalogue


def _refuse_copies(sources: list[Source]) -> None:
    """Without identity branches, a file's UUID and the entry name an event."""
    seen: dict[tuple[str, str], Source] = {}
    for source in sources:
        first = seen.setdefault((source.uuid, source.tree), source)
        if first is not source:
            raise InputError(
                f"files '{first.path}' (sample '{first.sample.name}') and '{source.path}' (sample "
                f"'{source.sample.name}') are copies of one file (UUID {source.uuid}): {source.entries} events would "
                "count twice; remove one, or name the branches that tell events apart with identity=[...]"
            )


def _block(tree: Any, source: Source, fields: dict[str, Field], start: int, stop: int) -> Events:
    columns: dict[str, Column] = {}
    arrays: dict[str, Any] = {}
    for name, field in fields.items():
        what = f"sample '{source.sample.name}', file '{source.path}': branch '{name}', entries {start} to {stop}"
        with reading(f"{what}, cannot be read", advice=COMPARE):
            columns[name] = decode(tree, field, start, stop, arrays)
        if len(columns[name]) != stop - start:
            raise InputError(f"{what}: the file gives {len(columns[name])} entries instead of {stop - start}")
    return Events(columns, stop - start)
