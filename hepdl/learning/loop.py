"""The training loop, for all schemes: from learning rate to checkpoint.

A scheme says what one update is (:class:`Phase`); the loop does what all trainings share. No value leaves the
device inside an epoch: losses are added up there and read once at its end. A position is (phase, epoch, step), all
else follows from it and the saved state, so that a resumed training gives the same bits.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from hepdl.errors import Interrupted, TamperedFile, TrainingFailed
from hepdl.learning import checkpoint
from hepdl.learning.interrupt import StopRequests
from hepdl.learning.tally import Tally
from hepdl.learning.threads import threads_for

if TYPE_CHECKING:
    import torch

    from hepdl.events import Events
    from hepdl.job import Job
    from hepdl.learning.average import Average
    from hepdl.learning.descent import Descent
    from hepdl.learning.health import Health
    from hepdl.learning.stream import Stream

LINES = 8
"""About so many lines of a phase in the log; all epochs stand in metrics.jsonl, and in the log at level DEBUG."""
Metrics = dict[str, Any]
"""Name → scalar tensor on the device, or number."""


class Stateful(Protocol):
    """What a checkpoint can hold: modules, descents, averages."""

    def state_dict(self) -> Any: ...
    def load_state_dict(self, state: Any) -> Any: ...


@dataclass
class Phase:
    """One stretch of a training: a number of epochs of the same kind of update."""

    name: str
    epochs: int
    streams: Sequence[Stream]
    """Each update gets one batch of each; the first one counts the epochs."""
    update: Callable[..., Metrics]
    """``update(progress, *batches)``: one update and its losses; ``progress`` goes from 0 to 1 over the phase."""
    validate: Callable[[], Metrics]
    """Metrics after each epoch; they become ``validation_<name>``."""
    descents: Sequence[Descent]
    averages: Sequence[Average]
    """The models that this phase trains, with their moving averages; they settle when it ends."""
    finish: Callable[[], None] = lambda: None
    """Called after the last epoch, when the models have settled."""
    monitor: str = ""
    """Name of the validation metric whose smallest value marks the models to keep; empty keeps the last."""
    patience: int = 0
    """Stop when the metric has not improved for so many epochs; 0 never stops."""
    health: Health | None = None
    """What looks at the model once an epoch; None for nobody."""
    seed: str = ""
    """What the random numbers of the updates are keyed by; the name when empty."""

    @property
    def steps(self) -> int:
        """Updates an epoch."""
        return self.streams[0].steps


@dataclass
class Position:
    """Where a training stands, and what it remembers of the way."""

    phase: int = 0
    epoch: int = 0
    step: int = 0
    best: float = math.inf
    best_epoch: int = -1
    best_models: list[Any] = field(default_factory=list)
    waiting: float = 0.0
    began: float = field(default_factory=time.perf_counter)


class Training:
    """Runs phases one after the other, saves on the way, and goes on from where it was stopped."""

    def __init__(self, job: Job, phases: Sequence[Phase], state: Mapping[str, Stateful], device: str) -> None:
        """``state`` is everything that the updates change, by name."""
        self.job, self.phases, self.state, self.device = job, phases, state, device
        self.history: list[dict[str, Any]] = []
        self.at = Position()
        self.tally = Tally()
        self._path = job.path("checkpoint", f"{job.step or 'training'}.pt")
        self._saved = time.monotonic()

    def run(self) -> list[dict[str, Any]]:
        """Train to the end; returns the metrics of each epoch."""
        resumed = self._resume()
        with StopRequests(self.job.until) as self._stop, threads_for(*self._size(), self.device):
            while self.at.phase < len(self.phases):
                self._run_phase(self.phases[self.at.phase], resumed)
                resumed = False
            self._stop_when_asked("after its last epoch")
        return self.history

    def _run_phase(self, phase: Phase, resumed: bool) -> None:
        if not resumed:
            self._seed(phase)
        for stream in phase.streams:
            stream.seek(self.at.epoch * phase.steps + self.at.step)
        while self.at.epoch < phase.epochs and not self._out_of_patience(phase):
            self._run_epoch(phase)
        self._settle(phase)
        self.at = Position(self.at.phase + 1)

    def _run_epoch(self, phase: Phase) -> None:
        at, total = self.at, phase.epochs * phase.steps
        while at.step < phase.steps:
            number = at.epoch * phase.steps + at.step
            batches = self._next_batches(phase)
            for descent in phase.descents:
                descent.adjust(number, total, at.epoch)
            self.tally.add(self._update(phase, number / total, batches))
            for average in phase.averages:
                average.update(number / total)
            at.step += 1
            self._save_when_due(phase)
        self._close_epoch(phase)

    def _update(self, phase: Phase, progress: float, batches: list[Events]) -> Metrics:
        if phase.health is None or self.at.step < phase.steps - 1:
            return phase.update(progress, *batches)
        phase.health.begin()
        try:
            return phase.update(progress, *batches)
        finally:
            phase.health.end()

    def _next_batches(self, phase: Phase) -> list[Events]:
        began = time.perf_counter()
        batches = [next(stream) for stream in phase.streams]
        self.at.waiting += time.perf_counter() - began
        return batches

    def _close_epoch(self, phase: Phase) -> None:
        metrics = self._read_tally(phase)
        checked = phase.validate()
        metrics |= dict(zip((f"validation_{name}" for name in checked), _numbers(checked), strict=True))
        at = self.at
        seconds = time.perf_counter() - at.began
        metrics |= {"rate": phase.descents[0].torch.param_groups[0]["lr"], "seconds": seconds}
        self._report(phase, metrics | {"waiting": at.waiting / seconds})
        self._remember_best(phase, metrics)
        if phase.health is not None:
            phase.health.judge(self.job.log, phase.name, self.history)
        at.epoch, at.step, at.waiting, at.began = at.epoch + 1, 0, 0.0, time.perf_counter()
        self.tally = Tally()

    def _read_tally(self, phase: Phase) -> dict[str, float]:
        """Mean losses of the epoch so far: the one place where the host waits for the device."""
        means, bad = self.tally.read()
        if bad is not None:
            raise TrainingFailed(
                f"{self.job.step or 'training'}: the loss '{bad}' is not a finite number any more in phase "
                f"'{phase.name}', epoch {self.at.epoch + 1} of {phase.epochs}, step {self.tally.first_bad} of "
                f"{phase.steps}; try a smaller learning rate (now {phase.descents[0].torch.param_groups[0]['lr']:g}), "
                "gradient clipping (clip), or look for extreme inputs (Standardize, a Filter) and weights"
            )
        return means

    def _report(self, phase: Phase, metrics: dict[str, float]) -> None:
        entry: dict[str, Any] = {"phase": phase.name, "epoch": self.at.epoch + 1} | metrics
        if phase.health is not None:
            entry["health"] = phase.health.numbers()
        self.history.append(entry)
        self.job.metric(**entry)
        shown = "  ".join(f"{k.replace('_', ' ')} {v:.4g}" for k, v in metrics.items() if k not in ("rate", "waiting"))
        waiting = f"waiting {metrics['waiting']:.0%}"
        epoch = self.at.epoch + 1
        level = logging.INFO if epoch % -(-phase.epochs // LINES) == 0 or epoch in (1, phase.epochs) else logging.DEBUG
        self.job.log.log(level, f"{phase.name} {epoch}/{phase.epochs}  {shown}  {waiting}")

    def _remember_best(self, phase: Phase, metrics: dict[str, float]) -> None:
        if phase.monitor and metrics[f"validation_{phase.monitor}"] < self.at.best:
            self.at.best, self.at.best_epoch = metrics[f"validation_{phase.monitor}"], self.at.epoch
            self.at.best_models = [_clone(average.current.state_dict()) for average in phase.averages]

    def _out_of_patience(self, phase: Phase) -> bool:
        return 0 < phase.patience < self.at.epoch - self.at.best_epoch

    def _settle(self, phase: Phase) -> None:
        for average in phase.averages:
            average.settle()
        for average, best in zip(phase.averages, self.at.best_models, strict=False):
            average.module.load_state_dict(best)
        if phase.monitor and self.at.best_epoch >= 0:
            self.job.log.info(f"{phase.name}: kept epoch {self.at.best_epoch + 1}, {phase.monitor} {self.at.best:.4g}")
        phase.finish()

    def _seed(self, phase: Phase) -> None:
        import torch

        torch.manual_seed(self.job.seed_of("phase", phase.seed or phase.name))

    def _size(self) -> tuple[int, int]:
        """Parameters of the largest network and events of the largest batch."""
        descents = [descent for phase in self.phases for descent in phase.descents]
        parameters = max(sum(p.numel() for p in descent.parameters) for descent in descents)
        return parameters, max(stream.size for phase in self.phases for stream in phase.streams)

    def _save_when_due(self, phase: Phase) -> None:
        due = self._path is not None and time.monotonic() - self._saved >= self.job.checkpoint_seconds
        if due or self._stop.why:
            self._read_tally(phase)  # nothing that is not finite is saved
        if due:
            self._save()
        self._stop_when_asked(f"in phase '{phase.name}', epoch {self.at.epoch + 1} of {phase.epochs}")

    def _stop_when_asked(self, place: str) -> None:
        if not self._stop.why:
            return
        self._save()
        words = f"{self.job.step or 'training'} stopped by {self._stop.why} {place}"
        if self._path is None:
            raise Interrupted(f"{words}; this run has no folder, so nothing was saved")
        raise Interrupted(f"{words}; all is saved, go on with: hepdl resume {self.job.folder}")

    def _save(self) -> None:
        if self._path is None:
            return
        position = {name: value for name, value in vars(self.at).items() if name != "began"}
        state = {name: part.state_dict() for name, part in self.state.items()}
        metrics = self.job.path("metrics.jsonl")
        offset = metrics.stat().st_size if metrics is not None and metrics.exists() else 0
        checkpoint.save(self._path, {
            "position": position, "state": state, "tally": self.tally.state_dict(), "history": self.history,
            "random": checkpoint.random_state(), "metrics_offset": offset,
        })  # fmt: skip
        self._saved = time.monotonic()

    def _resume(self) -> bool:
        if not self.job.resume or self._path is None or not self._path.exists():
            return False
        saved = checkpoint.load(self._path)
        try:
            for name, part in self.state.items():
                part.load_state_dict(saved["state"][name])
        except (KeyError, ValueError, RuntimeError) as error:
            raise TamperedFile(
                f"checkpoint '{self._path}' does not fit {self.job.step or 'this training'}: it was written with other "
                f"networks or parameters ({str(error).splitlines()[0]}); undo the change, or delete it to start anew"
            ) from error
        self.at = Position(**saved["position"])
        self.tally.load_state_dict(saved["tally"], self.device)
        self.history = saved["history"]
        checkpoint.restore_random_state(saved["random"])
        metrics = self.job.path("metrics.jsonl")
        if metrics is not None and metrics.exists():
            with metrics.open("r+b") as lines:
                lines.truncate(min(saved["metrics_offset"], metrics.stat().st_size))
        names = [*(phase.name for phase in self.phases), "end"]
        place = f"phase '{names[self.at.phase]}', epoch {self.at.epoch + 1}, step {self.at.step + 1}"
        self.job.log.info(f"goes on in {place}")
        return True


def _numbers(metrics: Metrics) -> list[float]:
    """All values in one transfer."""
    import torch

    values = [torch.as_tensor(value, dtype=torch.float64) for value in metrics.values()]
    numbers: list[float] = torch.stack([value.detach() for value in values]).tolist() if values else []
    return numbers


def _clone(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}
