"""Trained: a chain whose steps have learned, as one that only executes: for files that lack labels and all truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from pydantic import PrivateAttr

from hepdl.algorithm import (
    Consumer,
    Contraction,
    DeviceAlgorithm,
    Expansion,
    Learner,
    Reader,
    Selection,
    Step,
    Writer,
)
from hepdl.chain import Chain, expression_types, host_names, reader_expressions
from hepdl.columns import Columns, ColumnType
from hepdl.errors import InputError, WiringError
from hepdl.events import Column, Events
from hepdl.expressions import parse
from hepdl.job import Job
from hepdl.sources import Sample

if TYPE_CHECKING:
    from torch import nn

Kept = tuple[list[Step], set[str]]
"""Steps in order, and the columns that they need."""


class Trained(DeviceAlgorithm):
    """A step that has learned and never does again; its target and weight are not asked for."""

    learner: Learner
    """The step as the run had it."""
    _columns: Columns = PrivateAttr(default_factory=Columns)

    @classmethod
    def of(cls, learner: Learner, columns: Columns) -> Self:
        """The step behind the columns that the run had before it."""
        made = cls(name=learner.label, learner=learner)
        made._columns = columns.plus(expression_types(learner, columns))
        return made

    def reads(self) -> list[str]:
        """What it executes on."""
        return [name for name in self.learner.applied() if name not in self.learner.wired("expression")]

    def wired(self, kind: str) -> list[str]:
        """As the step's, but for what it only learns from."""
        return [n for n in self.learner.wired(kind) if kind == "output" or n in self.learner.applied()]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """What the step added in the run."""
        return self.learner.declare(self._columns)

    def initialize(self, job: Job) -> None:
        """The step goes by the columns of the run."""
        super().initialize(job)
        self.learner.initialize(replace(job, columns=self._columns))

    def build(self, columns: Columns) -> nn.Module:
        """The module of the run."""
        return self.learner.build(self._columns)

    def execute(self, events: Events) -> dict[str, Column]:
        """What the step adds."""
        self.learner._module = self.module
        return self.learner.execute(events)


@dataclass(frozen=True)
class Application:
    """A chain that only executes, and what it asks of files."""

    chain: Chain
    offers: Columns
    """Types of the files' columns that the chain goes by: those of the run."""
    branches: list[str]
    """Columns that every file must have."""

    @classmethod
    def of(cls, chain: Chain, offers: Columns, files: Mapping[str, list[str]], writers: Sequence[Writer]) -> Self:
        """The chain of a run, with the types that its files had, for other files: sample → patterns.

        Raises:
            WiringError: a step, or a writer, needs a label or a weight that these samples cannot have.
        """
        steps, wanted = _kept(chain, offers, writers)
        samples = [_sample(name, patterns, chain.reader, wanted) for name, patterns in files.items()]
        reader = chain.reader.replaced(samples=samples)
        asked = {name for text in reader_expressions(reader) for name in parse(text, reader.label).names}
        asked |= wanted | set(reader.entry_identity)
        own = Columns(offers)
        if all(sample.label is None for sample in samples):
            asked -= {"label"}
            own = own.plus({"label": ColumnType("float32")})  # for the types alone of what is not run
        asked -= {"weight"} if all(not isinstance(sample.weight, str) for sample in samples) else set()
        return cls(Chain(reader, *steps, *writers), own, [name for name in offers if name in asked])

    def check(self) -> list[str]:
        """Compare the files with those of the run; remarks on columns of another width.

        Raises:
            InputError: a file lacks a column that is needed, or has one of another type than in the run.
        """
        reader = self.chain.reader
        reader.check(self.branches)
        found, notes = reader.offers(), list[str]()
        for name in self.branches:
            here, before = found[name], self.offers[name]
            if _form(here) != _form(before):
                raise InputError(
                    f"column '{name}' is {here} in these files, but the run learned from {before}; "
                    "give files of the same form, or name the right column with the reader's rename={...}"
                )
            if here.dtype != before.dtype:
                notes.append(f"column '{name}' is {here} in these files, the run learned from {before}")
        return notes


def last_outputs(chain: Chain) -> list[str]:
    """What the last step that learns adds, for a run that wrote nothing."""
    learners = [step for step in chain.steps if isinstance(step, Learner)]
    if not learners:
        raise WiringError("no step of this run learns, so there is nothing to apply")
    return learners[-1].wired("output")


def _kept(chain: Chain, offers: Columns, writers: Sequence[Writer]) -> Kept:
    """The steps that the writers need, those before the device in any case, since the first pass picks among them."""
    steps, after = chain.steps, [columns for _, columns in chain.wire(offers)]
    first = next((i for i, step in enumerate(steps) if isinstance(step, DeviceAlgorithm)), len(steps))
    wanted = {name for writer in writers for name in host_names(writer)}
    kept: list[Step] = []
    for place in range(len(steps) - 1, 0, -1):
        before = after[place - 1]
        step = Trained.of(s, before) if isinstance(s := steps[place], Learner) else s
        if isinstance(step, Consumer):
            continue
        made = {*step.wired("output"), *(set(after[place]) - set(before))}
        needed = bool(made & wanted) or isinstance(step, Selection | Expansion | Contraction)
        wanted |= set(host_names(step)) if needed else set()
        kept += [step] if needed or place < first else []
    return kept[::-1], wanted


def _sample(name: str, files: list[str], reader: Reader, wanted: set[str]) -> Sample:
    """A sample without label and weight, unless something needs them; the run's own says what they are."""
    known = next((sample for sample in reader.samples if sample.name == name), None)
    given: dict[str, Any] = {"name": name, "files": files}
    if known is not None:
        given |= {"dataset": known.key, "role": known.role}
    if "label" in wanted:
        if known is None or known.label is None:
            raise WiringError(
                f"a step or writer of this run needs 'label', which sample '{name}' has not; name a sample of the run "
                f"({', '.join(sample.name for sample in reader.samples)}), or leave it out of what is written (--set)"
            )
        given["label"] = known.label
    if "weight" in wanted and known is not None:
        if known.xsec is not None:
            raise WiringError(
                f"the run writes 'weight', which of sample '{name}' is scaled to its cross-section over all its files; "
                "leave it out of what is written (--set), or give the files under a new name, where weights are 1"
            )
        given["weight"] = known.weight
    return Sample(**given)


def _form(kind: ColumnType) -> tuple[object, ...]:
    return kind.dtype.lstrip("u").rstrip("0123456789"), kind.shape, kind.jagged
