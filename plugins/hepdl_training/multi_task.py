"""MultiTask: one trunk, several answers, about events, their particles and pairs of these."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Description, Input, Output, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events
from hepdl.learning.parts import Loss, Network
from hepdl_training.losses import CrossEntropy
from hepdl_training.scheme import Scheme

if TYPE_CHECKING:
    from torch import nn

    from hepdl_training.together import Together


class Task(Description):
    """One of the answers of :class:`MultiTask`: its own target, loss and dense layers behind the shared trunk."""

    target: Input
    """True class or value: one an event, or a list with one for each particle. For pairs a list of numbers, such as
    that of the vertex of each track: the target is then whether both numbers are the same; a negative number belongs to
    nothing. Where the target is NaN it does not count, in this task alone."""
    output: Output
    """Column that is added; for particles and pairs a list."""
    loss: Loss = CrossEntropy()
    """What is minimised; for pairs one of two classes."""
    level: Literal["event", "particle", "pair"] = "event"
    """What the answer is about. ``pair``: any two particles of an event, in the order (0, 1), (0, 2), ..., (1, 2), ...;
    an answer that does not depend on which of the two is the first."""
    weight: float = parameter(1.0, gt=0)
    """Factor on the mean loss of this task."""
    balance: bool = False
    """Give all classes the same sum of weights in training."""
    layers: list[int] = [32]
    """Width of each hidden dense layer of this task; of events they see the features of the event, of particles those
    of the particle too, of pairs the sum and an absolute difference of those of the two."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.balance and not self.loss.labels:
            raise ValueError(f"balance needs a loss with classes, {type(self.loss).__name__} has none")
        if self.level == "pair" and self.loss.labels != 2:
            raise ValueError("two particles belong together or not: a task on pairs needs a loss with two classes")
        return self

    def target_type(self, columns: Columns, reader: str) -> ColumnType:
        """Type of the target of one example; ``WiringError`` unless it is a list just when it should be one."""
        kind = columns.need(self.target, reader)
        if kind.jagged == (self.level == "event"):
            needed = "one value an event" if self.level == "event" else "a list, with one value for each particle"
            raise WiringError(
                f"{reader}: the task '{self.output}' is about each {self.level}, so its target must be {needed}, but "
                f"'{self.target}' is {kind}"
            )
        if self.level == "pair":
            return ColumnType()
        return ColumnType(kind.dtype) if kind.jagged and kind.shape == (1,) else ColumnType(kind.dtype, kind.shape)

    def outputs(self, columns: Columns, reader: str) -> int:
        """Number of network outputs."""
        return self.loss.outputs(self.target_type(columns, reader))


class MultiTask(Scheme):
    """Trains one network for several tasks at once: a shared trunk, then dense layers for each task.

    Any network can be the trunk for tasks about events; a network on particles also for tasks about its particles and
    pairs of them, as in flavour tagging: the jet's flavour, the origin of each track, tracks from one vertex. What is
    minimised is the sum over the tasks of weight × mean loss.
    """

    network: Network
    """The trunk; its ``output`` is no column."""
    tasks: list[Task] = parameter(min_length=1)
    """What it is asked."""
    features: int = parameter(64, ge=1)
    """Numbers about each event that the trunk hands to the tasks."""
    combine: Literal["weighted", "uncertainty"] = "weighted"
    """``uncertainty``: the weights of the tasks are learned besides, as exp(−s) L + s / 2 with one s for each task
    (Kendall, Gal and Cipolla, arXiv:1705.07115; s is the logarithm of a variance up to a constant)."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        twice = [name for name, times in Counter(task.output for task in self.tasks).items() if times > 1]
        if twice:
            raise ValueError(f"two tasks have the output '{twice[0]}'; give each its own")
        if self.network.per_particle:
            raise ValueError("the trunk must answer for events (answers='event'); tasks say what they are about")
        return self

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """One column a task."""
        for name in self.reads():
            columns.need(name, self.label)
        for task in self.tasks:
            if task.level != "event" and not self.network.particles:
                raise WiringError(
                    f"{self.label}: the task '{task.output}' is about each {task.level}, but the trunk, "
                    f"{type(self.network).__name__}, has no features of particles; take a network on particles"
                )
        return {task.output: self._column_type(task, columns) for task in self.tasks}

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`~hepdl_training.heads.Heads`."""
        from hepdl_training.heads import Head, Heads

        trunk = self.network.trunk(columns, self.features)
        widths = (self.features, trunk.particle_width)
        heads = [Head(task.level, widths, task.layers, task.outputs(columns, self.label)) for task in self.tasks]
        return Heads(trunk, heads, learned=self.combine == "uncertainty")

    def execute(self, events: Events) -> dict[str, Column]:
        """The columns of the tasks."""
        return self._together().columns(self.module, events)

    def fit(self, train: Rows, validate: Rows) -> None:
        """Train the network; raises :class:`NothingLeft` when early stopping has no validation events."""
        from hepdl.learning.trunk import behind

        self.need_validation(validate)
        self.network.prepare(behind(self.module.trunk), train, validate, self.job)
        together = self._together()
        train, validate = together.fit(train, validate, self.job)
        self.minimise(together.names, train, validate, together.losses, lambda module: together.over(module, validate))
        together.tell(self.module, self.job)

    def _together(self) -> Together:
        from hepdl_training.together import Together

        return Together(self)

    def _column_type(self, task: Task, columns: Columns) -> ColumnType:
        outputs = task.outputs(columns, self.label)
        return ColumnType(shape=() if outputs == 1 else (outputs,), jagged=task.level != "event")
