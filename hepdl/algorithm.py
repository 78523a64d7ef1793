"""The contract: the roles a step can play and the lifecycle it goes through.

``initialize`` → ``fit(train, validate)`` (only steps that learn) → ``execute(events)`` for each block → ``finalize``.

A step reads named columns and adds named columns; it never changes one. What stands in the script is frozen; the
run works on a copy, whose state is private attributes and, for steps on the device, ``self.module``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, model_validator

from hepdl.columns import Columns, ColumnType
from hepdl.data.split import Split
from hepdl.description import Description, parameter
from hepdl.errors import ParameterError
from hepdl.events import Column, Events
from hepdl.sources import Sample, Source

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from torch import nn

    from hepdl.data.rows import Rows
    from hepdl.job import Job
    from hepdl.noise import Noise


class Step(Description):
    """What a chain is a list of."""

    name: str = ""
    """Name of this instance; the type's name when empty. Two steps of one type need two names."""
    _job: Any = PrivateAttr(None)

    @property
    def label(self) -> str:
        """The instance name, or the type's name."""
        return self.name or type(self).__name__

    @property
    def job(self) -> Job:
        """What the run knows: device, seed, log, folder, column types; set by :meth:`initialize`."""
        job: Job = self._job
        return job

    @property
    def before(self) -> Columns:
        """Types of the columns before it; none as long as no run has begun."""
        return self.job.columns if self._job is not None else Columns()

    def reads(self) -> list[str]:
        """Columns this step needs; by default those its input parameters (and its parts') name."""
        made = set(self.wired("output"))
        return [name for name in self.wired("input") if name not in made]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Names and types of the columns it adds, from those before it; raises when the inputs do not fit."""
        for name in self.reads():
            columns.need(name, self.label)
        return {name: ColumnType() for name in self.wired("output")}

    def concerns(self) -> list[str]:
        """What looks unwise about its parameters, in words, with what to do: ``hepdl check`` and the log tell it."""
        return []

    def fingerprint(self) -> str:
        """What else than the parameters the result depends on, as the content of a file; cached columns go by it."""
        return ""

    def initialize(self, job: Job) -> None:
        """Before the first event. ``job.columns`` holds the types of the columns before this step."""
        self._job = job

    def finalize(self) -> None:
        """After the last event."""


class Reader(Step):
    """Produces events: the first step of a chain. It knows a file format; what is common to all formats is here.

    The engine adds ``sample``, ``part``, ``weight`` and ``label`` to what the files hold.
    """

    positional: ClassVar[tuple[str, ...]] = ("*samples",)
    threads: ClassVar[int] = 2
    """In how many threads :meth:`blocks` of different files may run at once; 1 where a library allows no more."""

    samples: list[Sample] = Field(min_length=1)
    """The samples, in the order in which their entries are counted and written."""
    identity: list[str] = []
    """Integer branches that name an event, as ``["run", "lumi", "event"]``; file and entry when empty."""
    several_per_event: bool | str = False
    """Whether several entries may share an identity (an entry is a jet, say), or the integer branch that numbers the
    entries of one event. Otherwise two entries with one identity are an error."""
    split: Split = Split()
    """How events are divided into training, validation and test."""
    luminosity: float = parameter(1.0, unit="1/pb", gt=0)
    """What the weights of samples with ``xsec`` are scaled to: 140 fb⁻¹ are 140e3."""
    timeout: float = parameter(300.0, unit="s", gt=0)
    """Longest time that opening a file, or reading a block of it, may take; then its disk or mount counts as hung."""

    @model_validator(mode="after")
    def _fractions_fit(self) -> Self:
        given = [sample.fraction for sample in self.samples if sample.fraction is not None]
        total, everyone = sum(given), len(given) == len(self.samples)
        if given and (total > 1 + 1e-6 if not everyone else abs(total - 1) > 1e-6):
            raise ParameterError(f"Sample.fraction: the fractions of the samples add up to {total:g}, should be 1")
        if given and not everyone and total > 1 - 1e-6:
            name = next(sample.name for sample in self.samples if sample.fraction is None)
            raise ParameterError(f"Sample.fraction: the fractions add up to 1, so that nothing is left for '{name}'")
        return self

    @property
    def entry_identity(self) -> list[str]:
        """Branches that name an entry: the event's, and what numbers the entries of one event."""
        return self.identity + ([self.several_per_event] if isinstance(self.several_per_event, str) else [])

    def sources(self) -> list[Source]:
        """The files, opened just far enough to know entries and identity, in a fixed order."""
        raise NotImplementedError

    def offers(self, head: bool = False) -> Columns:
        """Types of all columns that could be read, the same for all sources; ``head`` opens one file a sample."""
        raise NotImplementedError

    def skipped(self) -> list[tuple[str, str, str]]:
        """Files that :meth:`sources` left out because the user allowed it: (path, name of the sample, reason)."""
        return []

    def check(self, names: list[str], head: bool = False, sample: str = "") -> None:
        """Raise ``InputError`` when a file (of ``sample``; one each if ``head``) lacks a column or has another type."""

    def sum_over(self, branch: str, sources: Sequence[Source]) -> float:
        """Sum over these files of a branch that does not belong to the events, as ``"Runs.genEventSumw"``."""
        raise ParameterError(f"{self.label} cannot sum '{branch}'; give sum_of_weights as a number")

    def blocks(self, source: Source, names: list[str], start: int, stop: int) -> Iterator[Events]:
        """Entries ``start`` to ``stop`` of one file in order, with the columns ``names``, in blocks of any size.

        Runs in a thread, beside other files and the steps behind.
        """
        raise NotImplementedError


class Algorithm(Step):
    """Works on the host, once an event: from numpy columns to new numpy columns. No state."""

    def making(self, names: set[str]) -> Self:
        """This step as far as it makes some of its columns; a step that makes many may leave the others out."""
        return self

    def execute(self, events: Events) -> dict[str, Column]:
        """The columns it adds, one row an event."""
        raise NotImplementedError


class Selection(Step):
    """Works on the host and rejects events; the ledger counts them under its name."""

    def execute(self, events: Events) -> np.ndarray:
        """A mask ``[N]``, true for the events that stay."""
        raise NotImplementedError


class Expansion(Step):
    """Works on the host and makes each object of an event a row of its own; a chain has at most one.

    From then on an event of the chain is an object. It keeps its event's ``entry``, ``part`` and ``weight``; the engine
    adds ``object``, its place among the objects of its event, and ``objects``, how many those are.
    """

    def lengths(self, events: Events) -> np.ndarray:
        """Number of objects of each event ``[N]``, from the columns that :meth:`reads` names.

        Asked for entries as they are in the files too, before any selection, so that writers can align what they write
        for objects of rejected entries: the columns must be branches.
        """
        raise NotImplementedError

    def execute(self, events: Events) -> Events:
        """One row an object with all columns of the block, in the order of the events and of the objects in each."""
        raise NotImplementedError


class Contraction(Step):
    """Works on the host and makes events again of the objects that an :class:`Expansion` made; at most one, behind it.

    The engine takes ``object`` and ``objects`` away, and the columns that were expressions over objects."""

    def after(self, columns: Columns, of_event: Collection[str]) -> Columns:
        """The columns behind it; those named ``of_event`` are the same for all objects of an event."""
        raise NotImplementedError

    def execute(self, events: Events, of_event: Collection[str]) -> Events:
        """One row an entry that has objects left, in order; objects of an entry follow each other in the block."""
        raise NotImplementedError


class DeviceAlgorithm(Step):
    """Works on the device in each pass: from tensors to new tensors. Its state is that of ``self.module``."""

    synchronises: ClassVar[str] = ""
    """Why the host must wait for the device in ``execute`` or in a training step; empty when it need not."""
    _module: Any = PrivateAttr(None)

    @property
    def module(self) -> Any:
        """The torch module that :meth:`build` made, on the device of the run."""
        return self._module

    def build(self, columns: Columns) -> nn.Module:
        """The torch module that holds parameters and buffers, for these input columns, on the CPU."""
        raise NotImplementedError

    def execute(self, events: Events) -> dict[str, Column]:
        """The columns it adds to a block of tensors; no gradient is kept, ``self.module`` is in eval mode."""
        raise NotImplementedError


class Augmentation(DeviceAlgorithm):
    """Varies events in training, in each epoch anew, and leaves them plain in validation, test and the final pass.

    A learning step behind it trains on what :meth:`vary` gives. Fitted statistics see what ``execute`` gives.
    """

    def build(self, columns: Columns) -> nn.Module:
        """A module without parameters."""
        from torch import nn

        return nn.Module()

    def execute(self, events: Events) -> dict[str, Column]:
        """The columns it adds, as they are without variation."""
        raise NotImplementedError

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        """The same columns, varied at random; all that is random comes from ``noise``, lists may change in length."""
        raise NotImplementedError


class Learner(DeviceAlgorithm):
    """A device step that learns from the training part before it is used, and is frozen from then on."""

    def applied(self) -> list[str]:
        """Columns and expressions that ``execute`` reads; a subclass leaves out what only ``fit`` reads."""
        return [*self.reads(), *self.wired("expression")]

    def fit(self, train: Rows, validate: Rows) -> None:
        """Set the state of ``self.module`` from the training part as it looks after the steps before this one."""
        raise NotImplementedError


class Consumer(Step):
    """Takes the events of the final pass and puts something into the world."""

    def execute(self, events: Events) -> None:
        """One block of host columns, in file and entry order, with ``source``, ``entry`` and ``part``."""
        raise NotImplementedError

    def summary(self) -> list[str]:
        """Lines for the end of the job: a table, where a picture is, how to use a file."""
        return []


class Report(Consumer):
    """Collects its columns over all events, then draws pictures and numbers from them."""

    _blocks: list[Events] = PrivateAttr(default_factory=list)

    def execute(self, events: Events) -> None:
        """Keep the columns that :meth:`draw` will need."""
        names = [*self.reads(), *self.wired("expression"), "part", "sample", "weight"]
        self._blocks.append(events.only(list(dict.fromkeys(names))))

    def finalize(self) -> None:
        """Draw from everything that was collected."""
        self.draw(Events.concatenate(self._blocks))
        self._blocks.clear()

    def draw(self, events: Events) -> None:
        """Write pictures with ``job.picture`` and numbers with ``job.numbers`` from all selected events."""
        raise NotImplementedError


class Writer(Consumer):
    """Writes columns back beside the input, one file an input file, aligned entry by entry."""

    def identify(self, source: int, events: Events) -> None:
        """First pass: ``entry``, identity and ``objects`` (if there are any) of every entry, before any selection."""

    def written(self) -> list[tuple[Source, Path]]:
        """Each input file, in order, and the file that was written beside it."""
        return []
