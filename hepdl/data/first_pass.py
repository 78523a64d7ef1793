"""The first pass: every entry of every file once, from branches to packed columns of the selected events.

The engine's own columns are added, the host steps run, and the ledger counts where each entry went; meanwhile threads
decode what comes next. What is in the cache already is not decoded again; the numbers are the same with a cold cache, a
warm one and none.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from hepdl.algorithm import Reader, Step
from hepdl.chain import ENGINE_COLUMNS, OBJECT_COLUMNS, expansion_among
from hepdl.clock import Clock
from hepdl.columns import Columns
from hepdl.data.ahead import ahead
from hepdl.data.cache import Cache
from hepdl.data.cached import CachedFile
from hepdl.data.entries import Entries
from hepdl.data.host import apply_host_steps, columns_from_outside, needed_steps
from hepdl.data.keys import Keys
from hepdl.data.sinks import DiskSink, MemorySink
from hepdl.data.table import Table
from hepdl.data.values import refuse_duplicates, refuse_not_finite
from hepdl.data.yields import Yields
from hepdl.errors import NothingLeft
from hepdl.events import Column, Events
from hepdl.expressions import parse
from hepdl.job import Job
from hepdl.ledger import FileAccount, Ledger
from hepdl.sources import Source

PER_RUN = ("source", "sample")
"""Columns that number the files and samples of this run, and so are not cached."""


@dataclass
class Selected:
    """What the first pass found."""

    table: Table
    identities: dict[int, Events] = field(default_factory=dict)
    """Index of a file → ``entry``, identity and ``objects`` (if any) of all its entries that were read."""


@dataclass(frozen=True)
class _File:
    """One file, and what is to be done with it."""

    source: Source
    steps: list[Step]
    branches: list[str]
    sink: MemorySink | DiskSink | None
    """Where decoded columns go; None when all are in the cache."""
    cached: CachedFile | None


class FirstPass:
    """Runs the host steps at the head of a chain over all files, or finds that it was done before."""

    def __init__(
        self, reader: Reader, steps: Sequence[Step], job: Job, ranges: Sequence[tuple[int, int]], clock: Clock,
        cache: Cache | None = None,
    ) -> None:  # fmt: skip
        assert job.ledger is not None
        self.reader, self.steps, self.job, self.ranges, self.clock = reader, steps, job, ranges, clock
        self.ledger: Ledger = job.ledger
        self.cache = cache
        self.samples = list(dict.fromkeys(source.sample.name for source in job.sources))
        self.labelled = any(source.sample.label is not None for source in job.sources)
        self.identities: dict[int, Events] = {}
        self.expansion = expansion_among(steps)

    def run(self, offers: Columns, keep: Sequence[str]) -> Selected:
        """The selected events with the columns ``keep``."""
        stored = [name for name in keep if name not in PER_RUN]
        self._check_files(offers, stored)
        yields = Yields(self.reader, self.job.sources, self.ledger)
        pieces = self._pieces(offers, stored)
        self._refuse_duplicates()
        if not self.job.may_be_empty and not any(len(piece) for piece in pieces):
            raise NothingLeft(self._why_nothing())
        table = yields.scale(Table(pieces))
        self.ledger.divide(table.column("source"), table.column("part"), table.column("weight"))
        if self.cache is not None:
            self.cache.prune()
        if self.job.look:
            self.job.look(table)
        return Selected(table, self.identities)

    def _check_files(self, offers: Columns, keep: list[str]) -> None:
        """Before anything is decoded: whether every file has what will be read from it."""
        steps = needed_steps(self.steps, keep)
        for source in {source.sample.name: source for source in self.job.sources}.values():
            self.reader.check(self._branches(source, offers, steps, keep), sample=source.sample.name)

    def _branches(self, source: Source, offers: Columns, steps: Sequence[Step], keep: list[str]) -> list[str]:
        """Branches to read from a file, in the file's order; an unknown name is an error."""
        made = set(ENGINE_COLUMNS) | ({"label"} if self.labelled else set())
        made |= set(OBJECT_COLUMNS) if self.expansion else set()
        own = [value for value in (source.sample.label, source.sample.weight) if isinstance(value, str)]
        raw = {name for text in own + self.reader.split.expressions() for name in parse(text, self.reader.label).names}
        raw |= set(self.reader.entry_identity) | columns_from_outside(steps, keep, made)
        raw |= set(self.expansion.reads() if self.expansion else ())
        for name in sorted(raw - set(offers)):
            offers.need(name, self.reader.label)
        if self.labelled and "label" in offers:
            raw.add("label")  # to be compared with what the sample says
        return [name for name in offers if name in raw]

    def _pieces(self, offers: Columns, keep: list[str]) -> list[Events]:
        """The selected events of each file; the cache is given up when it cannot be written."""
        pieces: list[Events] = []
        try:
            self._read_on(pieces, offers, keep)
        except OSError as error:
            if self.cache is None or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
                raise
            where = f"the cache in '{self.cache.folder}'"
            self.ledger.note(f"{where} cannot be written ({error.strerror}): going on without")
            self.cache = None
            self._forget(len(pieces))
            self._read_on(pieces, offers, keep)
        return pieces

    def _read_on(self, pieces: list[Events], offers: Columns, keep: list[str]) -> None:
        """The files behind those that are there; the next ones are decoded while one is filtered and written."""
        files = (self._file(source, offers, keep) for source in self.job.sources[len(pieces) :])
        with closing(ahead(files, self._blocks, self.reader.threads)) as coming:
            for file, blocks in coming:
                pieces.append(self._numbered(self._piece(file, blocks), file.source))

    def _file(self, source: Source, offers: Columns, keep: list[str]) -> _File:
        """What is to be done with a file."""
        sink: MemorySink | DiskSink | None = MemorySink(keep)
        cached = None
        if self.cache is not None:
            keys = Keys(self.reader, self.steps, source, self.ranges[source.index])
            names = ["entry", *self.reader.entry_identity, *(["objects"] if self.expansion else [])]
            cached = CachedFile(self.cache, keys, source, keep, names)
            sink = cached.sink()
        steps = needed_steps(self.steps, sink.names) if sink else []
        branches = self._branches(source, offers, steps, sink.names) if sink else []
        return _File(source, steps, branches, sink, cached)

    def _piece(self, file: _File, blocks: Iterator[Events]) -> Events:
        """The selected events of a file, after decoding what the cache lacks."""
        account = self.ledger.files[file.source.index]
        account.first, account.stop = self.ranges[file.source.index]
        if file.sink:
            self._fill(file, file.sink, blocks)
        if file.cached is None:
            assert isinstance(file.sink, MemorySink)
            events, self.identities[file.source.index] = file.sink.events, file.sink.identity
            return events
        file.cached.complete(account) if file.sink else file.cached.recall(account)
        events, self.identities[file.source.index] = file.cached.open()
        return events

    def _forget(self, first: int) -> None:
        """What the ledger has of the files from number ``first`` on."""
        for account in self.ledger.files[first:]:
            account.recall(FileAccount("", "", "", 0).counts())
            account.sum_weights = 0.0

    def _fill(self, file: _File, sink: MemorySink | DiskSink, blocks: Iterator[Events]) -> None:
        source = file.source
        entries = Entries(self.reader, source, self.labelled, self.ledger, self.expansion)
        with sink:
            for raw in self._waited(blocks):
                block, identity = entries.complete(raw, self.samples.index(source.sample.name))
                refuse_not_finite(block, ["weight"], self.job.sources)
                self.ledger.read(source, block["weight"])
                sink.identify(identity)
                sink.append(apply_host_steps(block, file.steps, self.ledger, self.clock))

    def _blocks(self, file: _File) -> Generator[Events, None, None]:
        """Decoded blocks; runs in a thread."""
        first, stop = self.ranges[file.source.index]
        blocks = (
            iter(self.reader.blocks(file.source, file.branches, first, stop)) if file.sink and stop > first else None
        )
        while blocks is not None:
            with self.clock.time(self.reader.label, "read", alone=False):
                raw = next(blocks, None)
            if raw is None:
                return
            yield raw.sharing()

    def _waited(self, blocks: Iterator[Events]) -> Iterator[Events]:
        """The same; what this thread waits for them is charged to the reader."""
        while True:
            with self.clock.waiting(self.reader.label, "read"):
                raw = next(blocks, None)
            if raw is None:
                return
            yield raw

    def _numbered(self, piece: Events, source: Source) -> Events:
        n = len(piece)
        index = {"source": source.index, "sample": self.samples.index(source.sample.name)}
        numbers: dict[str, Column] = {name: np.full(n, number, np.int32) for name, number in index.items()}
        return Events(numbers | piece.sharing().columns(), n)

    def _refuse_duplicates(self) -> None:
        names = self.reader.entry_identity
        if not names or self.reader.several_per_event is True:
            return
        by_sample: dict[str, list[Events]] = {}
        for index, identity in self.identities.items():
            if not len(identity):
                continue
            by_sample.setdefault(self.job.sources[index].sample.name, []).append(identity)
        for sample, blocks in by_sample.items():
            refuse_duplicates(names, [np.concatenate([block[name] for block in blocks]) for name in names], sample)

    def _why_nothing(self) -> str:
        totals = self.ledger.totals()
        if not totals["read"]:
            files = len(self.ledger.files)
            return f"no entries were read: the {files} input files are empty, or -n and --skip leave none"
        cuts = Counter[str]()
        for account in self.ledger.files:
            cuts += Counter(account.rejected) + Counter(account.rejected_objects)
        made = f" ({totals['expanded']} entries gave {totals['objects']} objects)" if "objects" in totals else ""
        listed = ", ".join(f"{label} rejected {count}" for label, count in cuts.items()) or "no selection did"
        advice = "loosen the selection or check its units (MeV or GeV?)"
        return f"all {totals['read']} events were rejected: {listed}{made}; {advice}"
