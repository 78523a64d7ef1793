"""NextInSequence: what comes next in a list, and how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Output, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events
from hepdl.learning.parts import Loss, Network
from hepdl_training.losses import MeanSquaredError
from hepdl_training.scheme import BLOCK, Scheme

if TYPE_CHECKING:
    from torch import nn

    from hepdl_training.sequence_objective import SequenceObjective


class NextInSequence(Scheme):
    """Trains a network to tell the next particle of a list from those before it: the next hit of a track, the next
    particle of a jet. ``NextInSequence(network=Recurrent(inputs=["hits"], answers="particle", output="next_hit"))``

    The network must not look ahead, as a recurrent one does not, and learns the step from a particle to the next in
    units of its spread in the training part. It adds two lists with the features of the sequence: for each particle
    what should come next, and what the network says when it runs free, each answer being its next input.
    """

    network: Network
    """Answers for each particle; the first of its inputs is the sequence, the others are flat."""
    loss: Loss = MeanSquaredError()
    """What is minimised, in units of the spread of a step. ``MixtureLikelihood()`` for a sequence that can go several
    ways; what is added is then the mean."""
    teacher: float = parameter(1.0, ge=0, le=1)
    """Probability with which the network sees in training the true particle, and not what it said itself of that one
    (scheduled sampling, arXiv:1506.03099, for all places at once as in arXiv:1906.04331)."""
    steps: int = parameter(0, ge=0)
    """Particles that it goes on by itself; 0 for none. Each runs the network once over the whole list."""
    seen: int = parameter(0, ge=0)
    """Particles of a list from which it goes on; 0 for all of them. A list without particles is not gone on with."""
    continuation: Output = "continuation"
    """Column with the lists of ``steps`` particles."""

    @model_validator(mode="after")
    def _check_network(self) -> Self:
        if not self.network.per_particle:
            raise ValueError(f"{type(self.network).__name__} must answer for each particle: set answers='particle'")
        if self.seen and not self.steps:
            raise ValueError("seen says where it begins to go on, so it needs steps")
        return self

    @property
    def sequence(self) -> str:
        """The list that goes on."""
        return self.network.per_particle

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """What comes next, and the continuation; ``WiringError`` when another input is a list."""
        super().declare(columns)
        lists = [name for name in self.network.arguments if columns[name].jagged and name != self.sequence]
        if lists or not columns[self.sequence].jagged:
            raise WiringError(
                f"{self.label}: one list goes on, '{self.sequence}' ({columns[self.sequence]}), and other inputs are "
                f"flat{f', but {lists[0]!r} is a list too' if lists else ''}; pack what goes on with Particles(...)"
            )
        kind = ColumnType("float32", columns[self.sequence].shape, True, columns[self.sequence].members)
        return {self.network.output: kind} | ({self.continuation: kind} if self.steps else {})

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`~hepdl_training.sequence_objective.Steps` around the network."""
        from hepdl_training.sequence_objective import Steps

        features = columns[self.sequence].width
        step = ColumnType(shape=() if features == 1 else (features,))
        return Steps(self.network.build(columns, self.loss.outputs(step)), features)

    def execute(self, events: Events) -> dict[str, Column]:
        """The two lists."""
        objective = self.objective()
        found = {self.network.output: objective.column(self.module, events)}
        if self.steps:
            found[self.continuation] = objective.continuation(self.module, events, self.steps, self.seen)
        return found

    def objective(self) -> SequenceObjective:
        """What is minimised, not yet fitted to data."""
        from hepdl_training.sequence_objective import SequenceObjective

        return SequenceObjective(self)

    def fit(self, train: Rows, validate: Rows) -> None:
        """Train the network; ``BadValues`` when no list has two particles, or values are not finite."""
        self.need_validation(validate)
        self.network.prepare(self.module.network, train, validate, self.job)
        objective = self.objective().fit(self.module, train, validate, self.job)
        self.minimise(
            objective.names, train, validate,
            lambda module, events: {"loss": objective.mean(module, events)},
            lambda module: {"loss": objective.over(module, validate, BLOCK)},
        )  # fmt: skip
