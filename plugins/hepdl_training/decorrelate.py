"""Decorrelate: a network whose score does not depend on nuisances, by a penalty in its loss."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Expression, Inputs, parameter
from hepdl.description import Input as InputColumn
from hepdl.errors import WiringError
from hepdl.events import Column, Events
from hepdl.learning.examples import need_event_answers
from hepdl.learning.loop import Training
from hepdl.learning.objective import Objective
from hepdl.learning.parts import Loss, Network, Optimizer, Penalty, Schedule
from hepdl.learning.weights import NegativeWeights, Weighting
from hepdl_training.losses import CrossEntropy
from hepdl_training.optimizers import Adam
from hepdl_training.penalties import DistanceCorrelation, GradientReversal
from hepdl_training.schedules import Cosine
from hepdl_training.strengths import columns_of_strengths, need_distinct

if TYPE_CHECKING:
    from torch import nn


class Decorrelate(Learner):
    """Trains a network with loss + strength · penalty, the penalty being what its score tells about nuisances.

    The same question as :class:`~hepdl_training.pivot.Pivot` answers with an adversary, and the same columns: the
    score, that of the plain network, and of other strengths, all from the same start and on the same batches.
    """

    network: Network
    """What is trained; its ``output`` names the score."""
    penalty: Penalty = DistanceCorrelation()
    """How the dependence is measured in a batch."""
    target: InputColumn = "label"
    """True class; events where it is NaN do not count."""
    nuisance: Inputs = parameter(min_length=1)
    """The columns that the score must not depend on, each with a penalty of its own."""
    only: Expression = ""
    """Condition for the events whose score must not depend on them, such as ``"label == 0"``; empty for all."""
    strength: float = parameter(10.0, ge=0)
    """How much invariance is worth; 0 is the plain network."""
    ramp: float = parameter(0.3, ge=0, le=1)
    """Share of the training in which the strength rises from 0 to its value."""
    baseline: bool = True
    """Also train the plain network, on the same batches, as column ``<score>_plain``."""
    scan: list[float] = []
    """More strengths to train, as columns ``<score>_strength_<value>``."""
    loss: Loss = CrossEntropy()
    """Loss of the network."""
    weight: InputColumn = "weight"
    """Event weight."""
    negative_weights: NegativeWeights = "keep"
    """What training does with negative weights."""
    balance: bool = False
    """Give all classes the same sum of weights in the loss."""
    epochs: int = parameter(40, ge=1)
    """Passes over the training part."""
    batch_size: int = parameter(2048, ge=8)
    """Events in a batch; the penalty is estimated within it."""
    optimizer: Optimizer = Adam(rate=0.002)
    """How weights follow their gradients."""
    schedule: Schedule = Cosine(start=0.5)
    """How the learning rate changes."""
    clip: float = parameter(1.0, ge=0)
    """Largest norm of the gradient; 0 for no bound."""
    average: float = parameter(0.3, ge=0, le=1)
    """Share of the training, at its end, over which the weights are averaged; 0 for none."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        need_distinct(self.strength, self.scan)
        if self.optimizer.needs_all_events:
            raise ValueError("the penalty goes by batches; L-BFGS needs all events at once, take Adam or SGD")
        if self.balance and not self.loss.labels:
            raise ValueError(f"balance needs a loss with classes, {type(self.loss).__name__} has none")
        if isinstance(self.penalty, GradientReversal) and self.penalty.adversary.inputs != [self.network.output]:
            raise ValueError(
                f"the adversary must read the score '{self.network.output}' alone, "
                f"its inputs are {self.penalty.adversary.inputs}"
            )
        return self

    @property
    def strengths(self) -> dict[str, float]:
        """Strength of each column that this step adds, the score first."""
        return columns_of_strengths(self.network.output, self.strength, self.baseline, self.scan)

    def applied(self) -> list[str]:
        """The arguments of the network."""
        return self.network.arguments

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The score, that of the plain network, and one for each strength of the scan: one number an event each."""
        super().declare(columns)
        need_event_answers(self.network, self.label)
        for name in self.nuisance:
            if columns.need_flat(name, self.label).shape:
                raise WiringError(f"{self.label}: nuisance '{name}' is {columns[name]}, one number an event is needed")
        if self._outputs(columns) != 1:
            raise WiringError(
                f"{self.label}: {type(self.loss).__name__} gives {self._outputs(columns)} scores an event, but a "
                "penalty judges one; take a loss with two classes"
            )
        return dict.fromkeys(self.strengths, ColumnType())

    def build(self, columns: Columns) -> nn.Module:
        """A network and a penalty for each nuisance, for each strength; all the same at first."""
        from torch import nn

        network = self.network.build(columns, self._outputs(columns))
        known = columns.plus({self.network.output: ColumnType()})
        penalties = nn.ModuleList(self.penalty.build(known) for _ in self.nuisance)
        modules = nn.ModuleDict()
        for name in self.strengths:
            modules[name], modules[f"{name}_penalties"] = copy.deepcopy(network), copy.deepcopy(penalties)
        return modules

    def execute(self, events: Events) -> dict[str, Column]:
        """The columns that :meth:`declare` names."""
        objective = self._objective()
        return {name: objective.column(self.module[name], events) for name in self.strengths}

    def fit(self, train: Rows, validate: Rows) -> None:
        """Train a network at each strength, and let a critic look at each score."""
        from hepdl_training.restraint import Restraint, judge_scores

        for name in self.strengths:
            self.network.prepare(self.module[name], train, validate, self.job)
        objective = self._objective().fit(train, validate, self.job)
        mask = Weighting(self.weight, self.negative_weights, only=self.only).fit(train, self.job)
        made = [Restraint(self, name, objective, mask) for name in self.strengths]
        for restraint in made:
            restraint.prepare(train, validate)
        state = {"networks": self.module} | {key: part for each in made for key, part in each.state.items()}
        Training(self.job, [each.phase(train, validate) for each in made], state, train.device).run()
        judge_scores(self, made, validate)

    def _outputs(self, columns: Columns) -> int:
        return self.loss.outputs(columns.need_flat(self.target, self.label))

    def _objective(self) -> Objective:
        classes = self.loss.labels if self.balance else 0
        weighting = Weighting(self.weight, self.negative_weights, target=self.target, classes=classes)
        return Objective(self.network, self.loss, self.target, weighting)
