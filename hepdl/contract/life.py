"""The life of one step under test: initialize, build, fit and execute, on one device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from hepdl.algorithm import Augmentation, DeviceAlgorithm, Expansion, Learner, Selection, Step
from hepdl.columns import Columns
from hepdl.contract.comparison import snapshot
from hepdl.data.rows import Rows
from hepdl.events import Column, Events
from hepdl.job import Job

if TYPE_CHECKING:
    import torch

    from hepdl.contract.shadow import Wait

BATCH = 16
"""What a parameter ``batch_size`` is set to, so that an epoch has several batches."""


@dataclass(frozen=True)
class Subject:
    """A step under test, what it is fed and how closely a device must agree with the CPU."""

    step: Step
    columns: Columns
    events: Events
    """Host events that hold what the step says it reads and what every event has, nothing else."""
    device: str = "shadow"
    seed: int = 1
    rtol: float = 1e-4
    atol: float = 1e-5

    @property
    def label(self) -> str:
        """Name for messages."""
        return self.step.label

    @property
    def reads(self) -> list[str]:
        """All that a step on the device gets to see: what it says it reads, and its expressions."""
        return list(dict.fromkeys([*self.step.reads(), *self.step.wired("expression")]))

    @cached_property
    def cpu(self) -> Life:
        """A life on the CPU that several checks look at."""
        return Life(self, "cpu")

    @cached_property
    def answer(self) -> dict[str, Column]:
        """What that life answers to all events."""
        return self.cpu.execute(self.events)

    @cached_property
    def abroad(self) -> tuple[Life, dict[str, Column]]:
        """A life on the device and its answer."""
        with on_device(self.device):
            life = Life(self, self.device)
            return life, life.execute(self.events)


class Life:
    """A fresh copy of the step that is built, fitted and frozen as a run would do it.

    With ``state`` it is not fitted but gets what an earlier life learned.
    """

    def __init__(self, subject: Subject, device: str, state: dict[str, torch.Tensor] | None = None) -> None:
        self.subject, self.device = subject, device
        self.step = _in_small_batches(subject.step)
        self.waits_in_steps: list[Wait] = []
        self.waits_in_execute: list[Wait] = []
        job = Job(device=device, seed=subject.seed, epochs=2)
        self.step.initialize(job.for_step(subject.label, subject.columns))
        if isinstance(self.step, DeviceAlgorithm):
            self._learn(self.step, state)

    def _learn(self, step: DeviceAlgorithm, state: dict[str, torch.Tensor] | None) -> None:
        import torch

        torch.manual_seed(step.job.seed_of("build" if state is None else "other weights"))
        step._module = step.build(self.subject.columns).to(self.device)
        if state is not None:
            step.module.load_state_dict(state)
        elif isinstance(step, Learner):
            torch.manual_seed(step.job.seed_of("fit"))
            step.fit(self._rows(0), self._rows(1))
        step.module.eval().requires_grad_(False)

    def _rows(self, part: int) -> _WatchedRows:
        index = np.flatnonzero(self.subject.events["part"] == part)
        events = self.subject.events.only(list(dict.fromkeys([*self.subject.reads, "weight"])))
        rows = _WatchedRows(
            events, index, self.subject.columns, _nothing, self.device, self.step.job.seed_of("shuffle")
        )
        rows.waits = self.waits_in_steps
        return rows

    def execute(self, events: Events) -> dict[str, Column]:
        """What the step answers to a copy of host events, as host columns; a selection's mask is called ``mask``."""
        return self.execute_on(Events(snapshot(events), len(events)))

    def execute_on(self, events: Events) -> dict[str, Column]:
        """As :meth:`execute`, on these very events."""
        if isinstance(self.step, DeviceAlgorithm):
            return self._execute_on_device(self.step, events)
        if isinstance(self.step, Selection):
            return {"mask": self.step.execute(events)}
        if isinstance(self.step, Expansion):
            return self.step.execute(events).columns()
        return self.step.execute(events)  # type: ignore[attr-defined, no-any-return]

    def _execute_on_device(self, step: DeviceAlgorithm, events: Events) -> dict[str, Column]:
        import torch

        names = list(dict.fromkeys(step.applied())) if isinstance(step, Learner) else self.subject.reads
        block = events.only(names).to(self.device)
        before = len(waits_on(self.device))
        with torch.no_grad():
            answer = Events(step.execute(block), len(events))
        self.waits_in_execute += waits_on(self.device)[before:]
        return answer.host().columns()

    def vary(self, events: Events, epoch: int = 0) -> dict[str, Column]:
        """What an augmentation gives in training to a copy of host events, as host columns."""
        return self.vary_these(Events(snapshot(events), len(events)), epoch)

    def vary_these(self, events: Events, epoch: int = 0) -> dict[str, Column]:
        """As :meth:`vary`, on these very events."""
        import torch

        from hepdl.noise import Noise, keys_of

        assert isinstance(self.step, Augmentation)
        block = events.only(self.subject.reads).to(self.device)
        noise = Noise(keys_of(events.only(["source", "entry"]).to(self.device)), self.step.job.seed_of("vary", epoch))
        before = len(waits_on(self.device))
        with torch.no_grad():
            answer = Events(self.step.vary(block, noise), len(events))
        self.waits_in_execute += waits_on(self.device)[before:]
        return answer.host().columns()

    def state(self) -> dict[str, torch.Tensor]:
        """What was learned, on the CPU."""
        state = self.step.module.state_dict() if isinstance(self.step, DeviceAlgorithm) else {}
        return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}


class _WatchedRows(Rows):
    """Rows that note the waits between a batch and the next one of the same epoch: those of a training step."""

    waits: list[Wait]

    def batches(
        self, names: Sequence[str], size: int, epoch: int | None = None, start: int = 0, alike: str = ""
    ) -> Iterator[Events]:
        before: int | None = None
        for batch in super().batches(names, size, epoch, start, alike):
            self.waits += [] if before is None else waits_on(self.device)[before:]
            before = len(waits_on(self.device))
            yield batch


def on_device(device: str) -> AbstractContextManager[Any]:
    """Where the device exists: the shadow device lives in a context of its own."""
    if device != "shadow":
        return nullcontext()
    from hepdl.contract.shadow import Shadow

    return Shadow()  # type: ignore[no-untyped-call]


def waits_on(device: str) -> list[Wait]:
    """The waits noted so far: those of the shadow device, none elsewhere."""
    if device != "shadow":
        return []
    from hepdl.contract.shadow import Shadow

    return Shadow.waits


def _in_small_batches(step: Step) -> Step:
    size = getattr(step, "batch_size", None)
    return step.replaced(batch_size=BATCH) if isinstance(size, int) and size > BATCH else step.replaced()


def _nothing(events: Events) -> Events:
    return events
