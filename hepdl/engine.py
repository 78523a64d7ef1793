"""Engine: fit a chain first to last, then run it first to last.

The first pass turns files into a table on the host. Device steps are built, fitted and frozen in order. A host step
behind a device step starts a new segment: the frozen steps run once over the table and their columns join it. The
final pass sends every selected event, in file order, through what is frozen to the reports and writers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from hepdl.algorithm import Augmentation, Consumer, Contraction, DeviceAlgorithm, Learner, Step, Writer
from hepdl.chain import ENGINE_COLUMNS, OBJECT_COLUMNS, Chain, expression_types, host_names, is_host
from hepdl.clock import Clock
from hepdl.columns import Columns
from hepdl.data.first_pass import FirstPass, Selected
from hepdl.data.host import Evaluated, apply_host_steps, with_expressions
from hepdl.data.pools import pool_size
from hepdl.data.ranges import entry_ranges
from hepdl.data.rows import Rows
from hepdl.data.table import Table
from hepdl.data.tensors import device_ready
from hepdl.data.values import refuse_not_finite, refuse_useless_weights
from hepdl.data.variation import IDENTITY, Variation, executed
from hepdl.errors import NothingLeft
from hepdl.events import Column, Events
from hepdl.expressions import parse
from hepdl.job import Job
from hepdl.ledger import Ledger
from hepdl.sources import PARTS

if TYPE_CHECKING:
    import torch

BLOCK = 65_536
"""Events in a block of the final pass."""

Progress = Callable[[str, int, int], None]
"""Told what goes on: a phase, how much is done, of how much."""


class States(Protocol):
    """Where the learned state of steps is kept; :class:`hepdl.record.Record` is one."""

    def has_state(self, label: str) -> bool: ...
    def load_state(self, label: str) -> dict[str, torch.Tensor]: ...
    def save_state(self, label: str, state: dict[str, torch.Tensor]) -> Path: ...


@dataclass
class Outcome:
    """What came of a run."""

    ledger: Ledger
    clock: Clock
    steps: list[Step]
    """The run's own copies, with their learned modules."""
    offers: Columns
    """Types of the files' columns."""
    summaries: list[str] = field(default_factory=list)
    """What reports and writers have to say at the end."""


def run(
    chain: Chain, job: Job, states: States | None = None, limit: int | None = None, skip: int = 0,
    progress: Progress | None = None, offers: Columns | None = None,
) -> Outcome:  # fmt: skip
    """Read, fit, run a chain; ``limit`` and ``skip``: entries of each sample; ``offers``: types in the files' place."""
    this = _Run(chain.resolved(), job, states, progress or _silent)
    try:
        return this.run(limit, skip, offers)
    except BaseException:
        this.write_ledger()  # how far it came, and which entries are missing
        raise


class _Run:
    """One run of one chain; its methods stand in the order in which they are called."""

    def __init__(self, chain: Chain, job: Job, states: States | None, progress: Progress) -> None:
        self.chain = Chain(*[step.model_copy(deep=True) for step in chain.steps])
        self.reader = self.chain.reader
        self.consumers = [step for step in self.chain.steps if isinstance(step, Consumer)]
        flow = [step for step in self.chain.steps[1:] if not isinstance(step, Consumer)]
        self.head = list(takewhile(is_host, flow))
        self.tail = flow[len(self.head) :]
        self.states, self.progress, self.clock = states, progress, Clock()
        sources = self.reader.sources()
        self.ledger = Ledger.of(sources)
        self.ledger.skipped = [dict(zip(("path", "sample", "reason"), s, strict=True)) for s in self.reader.skipped()]
        self.job = replace(job, sources=tuple(sources), ledger=self.ledger, modules={})
        self.frozen: list[DeviceAlgorithm] = []
        """Device steps that are ready, but for those whose columns have joined the table."""
        self.fixed: list[DeviceAlgorithm] = []
        """Of these, the ones before the first augmentation."""
        self.varied: list[DeviceAlgorithm] = []
        """All that are ready from the first augmentation on; they run in every batch of a training."""

    def run(self, limit: int | None, skip: int, known: Columns | None) -> Outcome:
        offers = known or self.reader.offers()
        self.columns = dict(self.chain.wire(offers))
        self._initialize()
        self.selected = self._first_pass(offers, entry_ranges(self.job.sources, limit, skip))
        self.table = self.selected.table
        refuse_useless_weights(self.table, self.job.sources)
        for step in self.tail:
            if isinstance(step, DeviceAlgorithm):
                self._freeze(step)
            elif isinstance(step, Contraction):
                self._regroup(step)
            else:
                self._host_step_behind_device(step)
        self._final_pass()
        self.ledger.verify()
        summaries = [line for consumer in self.consumers for line in consumer.summary()]
        return Outcome(self.ledger, self.clock, self.chain.steps, offers, summaries)

    def write_ledger(self) -> None:
        """Leave the ledger in the run folder."""
        path = self.job.path("ledger.json")
        if path is not None:
            path.write_text(json.dumps(self.ledger.to_json(), indent=1) + "\n")

    def _initialize(self) -> None:
        columns = self.columns[self.reader.label]
        for step in self.chain.steps:
            step.initialize(self.job.for_step(step.label, columns))
            columns = self.columns[step.label]

    def _first_pass(self, offers: Columns, ranges: Sequence[tuple[int, int]]) -> Selected:
        after = self.columns[self.head[-1].label if self.head else self.reader.label]
        later = (*self.tail, *self.consumers)
        expressions = self._early_expressions(after, list(takewhile(lambda s: not isinstance(s, Contraction), later)))
        wanted = {name for step in later for name in host_names(step)} | {step.text for step in expressions}
        wanted |= {*ENGINE_COLUMNS, self._label} | set(OBJECT_COLUMNS if self.chain.expansion else ())
        keep = [name for name in after if name in wanted]
        keep += [step.text for step in expressions]
        steps = [*self.head, *expressions]
        return FirstPass(self.reader, steps, self.job, ranges, self.clock, self.job.cache).run(offers, keep)

    @property
    def _label(self) -> str:
        return "label" if any(source.sample.label is not None for source in self.job.sources) else ""

    def _early_expressions(self, after: Columns, later: Sequence[Step]) -> list[Evaluated]:
        """The expressions among the parameters of later steps that need nothing from the device."""
        found = {text: step.label for step in later for text in step.wired("expression") if text not in after}
        early = [
            Evaluated(text=text, step=label, name=text)
            for text, label in found.items()
            if set(parse(text, label).names) <= set(after)
        ]
        for step in early:
            step.initialize(self.job.for_step(step.step, after))
        return early

    def _freeze(self, step: DeviceAlgorithm) -> None:
        """Build a device step, let it learn or load what it learned, and freeze it."""
        import torch

        self._evaluate_for(step)
        names = [name for name in self._reads(step) if name in self.table]
        for piece in self.table.pieces:
            refuse_not_finite(piece, names, self.job.sources)
        torch.manual_seed(step.job.seed_of("build"))
        step._module = step.build(step.job.columns.plus(expression_types(step, step.job.columns)))
        if self.states is not None and self.states.has_state(step.label):
            step.module.load_state_dict(self.states.load_state(step.label))
            step.module.to(self.job.device)
        else:
            step.module.to(self.job.device)
            self._fit(step)
        step.module.eval().requires_grad_(False)
        self.job.modules[step.label] = step.module
        self.frozen.append(step)
        (self.varied if self.varied or isinstance(step, Augmentation) else self.fixed).append(step)

    def _fit(self, step: DeviceAlgorithm) -> None:
        import torch

        if isinstance(step, Learner):
            self.progress(step.label, 0, 1)
            train, validation = self._rows(step, "train"), self._rows(step, "validation")
            if not len(train):
                raise NothingLeft(f"{step.label}: no selected event is in the training part; look at the split")
            torch.manual_seed(step.job.seed_of("fit"))
            with self.clock.time(step.label, "fit") as cost:
                step.fit(train, validation)
            cost.waiting_s += train.waited
        if self.states is not None:
            self.states.save_state(step.label, step.module.state_dict())

    def _rows(self, step: Step, part: str) -> Rows:
        needed = {"weight", *(name for each in (*self.fixed, *self.varied, step) for name in self._reads(each))}
        needed |= set(IDENTITY if self.varied else ())
        needed -= {name for each in self.varied for name in each.declare(each.job.columns)}
        table = self.table.only([name for name in self.table.names if name in needed])
        index = np.flatnonzero(self.table.column("part") == PARTS.index(part))
        columns = step.job.columns.plus(expression_types(step, step.job.columns))
        pool = pool_size(table, len(index), self.job)
        if pool is not None:
            self.ledger.note(f"{step.label}: {part} does not fit into memory, read in pools of {pool} events")
        fixed, varied, seed = list(self.fixed), list(self.varied), step.job.seed_of("shuffle")
        variation = Variation(fixed, varied) if part == "train" else None
        plain = partial(executed, steps=fixed + varied)
        samples = [self.job.sources[int(piece["source"][0])].sample for piece in self.table.pieces]
        if part != "train":  # each event once: nothing is mixed, and none must be there
            samples = [sample.replaced(fraction=None) for sample in samples]
        rows = Rows(table, index, columns, plain, self.job.device, seed, pool, variation, samples)
        if part == "train" and rows.mixture.mixed:
            self.ledger.note(rows.mixture.note())
        return rows

    def _reads(self, step: Step) -> list[str]:
        return [*step.reads(), *step.wired("expression")]

    def _host_step_behind_device(self, step: Step) -> None:
        self._evaluate_for(step)
        self.table = self.table.mapped(lambda piece: apply_host_steps(piece, [step], self.ledger, self.clock))
        if not len(self.table) and not self.job.may_be_empty:
            raise NothingLeft(f"{step.label} rejected all events that were left")
        self.ledger.divide(self.table.column("source"), self.table.column("part"), self.table.column("weight"))

    def _regroup(self, step: Contraction) -> None:
        """Events again of objects; nothing that was varied as an object can be so any more."""
        if self.frozen:
            self._materialise()
        self.varied = []
        rows, columns = self.table, self.columns[step.label]
        known = columns.keys() & set(rows.names)
        table = rows.only([name for name in rows.names if name in known])
        self.table = table.mapped(lambda piece: step.execute(piece, self.chain.of_event))
        self.ledger.regroup(step.label, rows.column("source"), self.table.column("source"))
        self.ledger.divide(self.table.column("source"), self.table.column("part"), self.table.column("weight"))

    def _evaluate_for(self, step: Step) -> None:
        """What a step needs on the host: columns from the device, if any, and its expressions."""
        made = {name for each in self.frozen for name in each.declare(each.job.columns)}
        texts = [text for text in step.wired("expression") if text not in self.table]
        on_host = host_names(step) if is_host(step) else {n for text in texts for n in parse(text, step.label).names}
        if made & on_host:
            self._materialise()
        if texts:
            self.table = self.table.mapped(lambda piece: with_expressions(piece, step))

    def _materialise(self) -> None:
        """A new segment: columns that the frozen steps make join the table, and nothing is frozen before it."""
        self.table = self.table.mapped(lambda piece: Events.concatenate(list(self._executed(Table([piece])))))
        self.frozen, self.fixed = [], []

    def _executed(self, table: Table) -> Iterator[Events]:
        """Host blocks in file order, with the columns that the frozen steps make."""
        import torch

        needed = {name for step in self.frozen for name in self._reads(step)}
        for block in table.blocks(BLOCK):
            tensors = device_ready(block.only([name for name in block if name in needed])).to(self.job.device)
            made: dict[str, Column] = {}
            with torch.no_grad():
                for step in self.frozen:
                    with self.clock.time(step.label, "execute"):
                        added = step.execute(tensors)
                    tensors = tensors.plus(added, step.label)
                    made |= added
            yield block.plus(Events(made, len(block)).host().columns())

    def _final_pass(self) -> None:
        for consumer in self.consumers:
            self._evaluate_for(consumer)
        self._identify()
        done = 0
        for block in self._executed(self.table) if self.consumers else ():
            for consumer in self.consumers:
                with self.clock.time(consumer.label, "execute"):
                    consumer.execute(block)
            done += len(block)
            self.progress("final pass", done, len(self.table))
        for step in self.chain.steps:
            with self.clock.time(step.label, "finalize"):
                step.finalize()

    def _identify(self) -> None:
        objects = not any(isinstance(step, Contraction) for step in self.tail)
        for step in self.consumers:
            if isinstance(step, Writer):
                for index, identity in self.selected.identities.items():
                    if len(identity):
                        step.identify(index, identity.only([n for n in identity if objects or n != "objects"]))


def _silent(phase: str, done: int, total: int) -> None:
    pass
