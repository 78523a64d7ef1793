"""What all readers of files share: files, agreement between them, columns in blocks, text, friends, bad files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import PrivateAttr, model_validator

from hepdl.algorithm import Reader
from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.errors import InputError, NoAnswer, ParameterError, did_you_mean
from hepdl.events import Column, Events, Jagged
from hepdl.sources import Source
from hepdl_io.beside import friend_of, look_at, refuse_unknown_words
from hepdl_io.catalogue import Catalogue
from hepdl_io.categories import encode
from hepdl_io.failures import COMPARE, reading
from hepdl_io.fields import Field, Header, OpenFile
from hepdl_io.measures import refuse_misspelt, with_units
from hepdl_io.paths import Place, expand
from hepdl_io.watch import ABANDONED, Watch


class FileReader(Reader):
    """Base of readers; a format says with :meth:`open_file` what a file offers and how a column is decoded."""

    word: ClassVar[str] = "column"
    writer: ClassVar[str] = "RootWriter"
    """Writer whose files suit those that are read."""

    block: int = parameter(100_000, unit="events", ge=1)
    """About how many events are decoded at a time; blocks end where the file's own units end."""
    skip_bad_files: bool = False
    """Leave out files that cannot be read, count and print them, instead of ending the run."""
    rename: dict[str, dict[str, str]] = {}
    """Sample name → {column: its name in that sample's files}, for samples that name the same thing differently."""
    categories: dict[str, list[str]] = {}
    """Text column → its possible values; it becomes the place of its text in that list, int64."""
    friends: list[str] = []
    """Files side by side with each file, as long as it, as ``"scores/{sample}/{name}"``; the words in braces are
    sample, path, folder, name and stem of the file; a tree may follow a colon."""
    units: dict[str, str] = {}
    """Column or pattern → the unit of what the files hold, as ``{"jet_*": "MeV"}``. Nothing is rescaled but where an
    expression names a unit, as in ``jet_pt > 500*GeV``. A pattern passes over integers and names that end in ``eta``,
    ``phi`` or ``rapidity``."""
    _catalogue: Catalogue | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        samples = [sample.name for sample in self.samples]
        for name in self.rename:
            if name not in samples:
                raise ParameterError(f"{type(self).__name__}.rename: no sample '{name}'{did_you_mean(name, samples)}")
        for pattern in self.friends:
            refuse_unknown_words(pattern)
        refuse_misspelt(self.units, type(self).__name__)
        return self

    def replaced(self, **changes: Any) -> Self:
        """A copy with some parameters changed; where samples go, so do their names in ``rename``."""
        if "samples" in changes and "rename" not in changes:
            names = {sample.name for sample in changes["samples"]}
            changes["rename"] = {name: those for name, those in self.rename.items() if name in names}
        return super().replaced(**changes)

    def open_file(self, path: str, tree: str) -> AbstractContextManager[OpenFile]:
        """Open one file. Raises ``InputError`` when it is not what the format says."""
        raise NotImplementedError

    def declared(self) -> Mapping[str, Collection[str]]:
        """Parameter → columns that are read in a way that must be declared there."""
        return {"categories": self.categories, "flatten": ()}

    def places_of(self, place: Place) -> list[tuple[str, str]]:
        """Path and tree of a file and of all beside it."""
        return [(place.path, place.tree), *(friend_of(place, pattern) for pattern in self.friends)]

    def sources(self) -> list[Source]:
        """All files, opened for their entries and UUID. Raises ``InputError`` naming sample and file."""
        self._catalogue = None  # as they are now, not as they were when the script was checked
        headers = enumerate(self._files().headers())
        sources = [_source(index, place, header) for index, (place, header) in headers]
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
            for name, kind in self._files().offers(header):
                columns.setdefault(name, kind)
        return with_units(columns, self.units, type(self).__name__)

    def check(self, names: list[str], head: bool = False, sample: str = "") -> None:
        """Raise ``InputError`` when a file of the sample (of any, when empty) cannot give one of these columns."""
        for place, header in self._files().headers(head):
            if sample in ("", place.sample.name):
                for name in names:
                    self._files().field(place, header, name)

    def blocks(self, source: Source, names: list[str], start: int, stop: int) -> Iterator[Events]:
        """Entries ``start`` to ``stop`` in order. Raises ``InputError`` naming file, column and entries."""
        place = Place(source.sample, source.path, source.tree)
        header = self._files().header(place)
        fields = {name: self._files().field(place, header, name) for name in names}
        watch = Watch(self.timeout, f"sample '{source.sample.name}', file '{source.path}'")
        with ExitStack() as stack:
            try:
                places = [(source.path, source.tree), *header.beside]
                files = watch(lambda: [stack.enter_context(self.open_file(*one)) for one in places])
                _refuse_change(source, files)
                for first, last in _edges(files, list(fields.values()), start, stop, self.block):
                    yield watch(partial(self._block, source, files, fields, first, last, watch))
            except NoAnswer:
                ABANDONED.append(stack.pop_all())
                raise

    def _block(
        self, source: Source, files: Sequence[OpenFile], fields: Mapping[str, Field], start: int, stop: int,
        watch: Watch,
    ) -> Events:  # fmt: skip
        columns: dict[str, Column] = {}
        for name, field in fields.items():
            where = f"sample '{source.sample.name}', file '{files[field.file].path}'"
            watch.doing = what = f"{where}: {self.word} '{name}', entries {start} to {stop}"
            with reading(f"{what}, cannot be read", advice=COMPARE):
                column = files[field.file].column(field, start, stop)
            _refuse_wrong_length(column, stop - start, what)
            columns[name] = encode(column, self.categories[name], what) if field.need == "categories" else column
        return Events(columns, stop - start)

    def _look(self, place: Place) -> Header:
        return Watch(self.timeout, f"file '{place.path}'")(partial(self._look_now, place))

    def _look_now(self, place: Place) -> Header:
        with ExitStack() as stack:
            files = [stack.enter_context(self.open_file(*one)) for one in self.places_of(place)]
            with reading(f"file '{place.path}' cannot be read"):
                return look_at(place, files, self.rename.get(place.sample.name, {}))

    def _files(self) -> Catalogue:
        if self._catalogue is None:
            watch = Watch(self.timeout, "looking for the files " + ", ".join(f"'{s.files}'" for s in self.samples[:3]))
            places = watch(partial(expand, self.samples))
            self._catalogue = Catalogue(places, self._look, self.skip_bad_files, self.word, self.declared())
        return self._catalogue


def _source(index: int, place: Place, header: Header) -> Source:
    beside = tuple(path for path, _ in header.beside)
    return Source(index, place.sample, place.path, header.entries, header.uuid, header.tree, beside)


def _edges(
    files: Sequence[OpenFile], fields: list[Field], start: int, stop: int, size: int
) -> Iterator[tuple[int, int]]:
    """Ranges that suit the file of the first column."""
    lead = fields[0].file if fields else 0
    return files[lead].edges([field for field in fields if field.file == lead], start, stop, size)


def _refuse_change(source: Source, files: Sequence[OpenFile]) -> None:
    for file in files:
        if file.entries != source.entries:
            change = f"{source.entries} entries when the run began, {file.entries} now"
            raise InputError(f"file '{file.path}' changed: {change}")


def _refuse_wrong_length(column: Column, entries: int, what: str) -> None:
    if len(column) != entries:
        raise InputError(f"{what}: the file gives {len(column)} entries instead of {entries}")
    if isinstance(column, Jagged):
        offsets = column.offsets
        if offsets[0] != 0 or offsets[-1] != len(column.values) or (np.diff(offsets) < 0).any():
            raise InputError(f"{what}: the lists' offsets decrease or do not fit their values; {COMPARE}")


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
