"""Pivot: a classifier whose score does not depend on a nuisance (Louppe, Kagan and Cranmer, arXiv:1611.01046)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Expression, Input, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events
from hepdl.learning.examples import need_event_answers
from hepdl.learning.loop import Training
from hepdl.learning.objective import Objective
from hepdl.learning.parts import Density, Loss, Network, Optimizer, Schedule
from hepdl.learning.weights import NegativeWeights, Weighting
from hepdl_training.losses import CrossEntropy
from hepdl_training.optimizers import Adam
from hepdl_training.schedules import Cosine
from hepdl_training.strengths import columns_of_strengths, need_distinct

if TYPE_CHECKING:
    from torch import nn

    from hepdl_training.duel import Duel


class Pivot(Learner):
    """Trains a classifier against an adversary that tries to tell the nuisance from the score.

    Adds the score, and beside it that of the plain network and of other strengths, all from the same start.
    """

    classifier: Network
    """What is trained; its ``output`` names the score."""
    adversary: Density
    """Reads the score (and other columns, if any) and tries to tell the nuisance."""
    target: Input = "label"
    """True class; events where it is NaN do not count."""
    nuisance: Input
    """The column that the score must not depend on."""
    only: Expression = ""
    """Condition for the events whose score must not depend on it, such as ``"label == 0"``; empty for all."""
    view: Literal["logit", "score"] = "logit"
    """How the adversary sees a score: by its logit, which resolves scores near 0 and 1, or as it is."""
    strength: float = parameter(10.0, ge=0)
    """λ: how much invariance is worth; 0 is the plain classifier."""
    baseline: bool = True
    """Also train the plain network, on the same batches, as column ``<score>_plain``."""
    scan: list[float] = []
    """More strengths to train, as columns ``<score>_strength_<value>``."""
    loss: Loss = CrossEntropy()
    """Loss of the classifier."""
    weight: Input = "weight"
    """Event weight."""
    negative_weights: NegativeWeights = "keep"
    """What training does with negative weights."""
    balance: bool = False
    """Give all classes the same sum of weights in the classifier's loss."""
    pretrain_epochs: int = parameter(16, ge=0)
    """Passes over the training part for the classifier alone, at first."""
    pretrain_adversary_epochs: int = parameter(8, ge=0)
    """Passes for the adversary alone, after that."""
    epochs: int = parameter(80, ge=1)
    """Passes of the classifier in the duel."""
    batch_size: int = parameter(2048, ge=1)
    """Events in a batch."""
    adversary_steps: int = parameter(5, ge=1)
    """Steps of the adversary for one of the classifier, each on a batch of its own."""
    ramp: float = parameter(0.6, ge=0, le=1)
    """Share of the duel in which the strength rises to its value, from a sixth of it."""
    optimizer: Optimizer = Adam(beta1=0.5)
    """For the classifier."""
    schedule: Schedule = Cosine(start=0.6)
    """For the classifier's rate in the duel."""
    adversary_optimizer: Optimizer = Adam(rate=0.005, beta1=0.5)
    """For the adversary."""
    adversary_schedule: Schedule = Cosine(start=0.6, end=0.1)
    """For the adversary's rate in the duel."""
    clip: float = parameter(0.5, ge=0)
    """Largest norm of the classifier's gradient; 0 for no bound."""
    average: float = parameter(0.5, ge=0, le=1)
    """Share of the duel, at its end, over which the classifier's weights are averaged; 0 for none."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        output = self.classifier.output
        if output not in self.adversary.inputs:
            raise ValueError(f"the adversary must read the score '{output}', its inputs are {self.adversary.inputs}")
        if self.optimizer.needs_all_events or self.adversary_optimizer.needs_all_events:
            raise ValueError("a duel goes by batches; L-BFGS needs all events at once, take Adam or SGD")
        need_distinct(self.strength, self.scan)
        if self.view == "logit" and not self.loss.labels:
            raise ValueError(f"{type(self.loss).__name__} gives no probabilities, so set view='score'")
        if self.balance and not self.loss.labels:
            raise ValueError(f"balance needs a loss with classes, {type(self.loss).__name__} has none")
        return self

    @property
    def other_inputs(self) -> list[str]:
        """Columns that the adversary reads beside the score."""
        return [name for name in self.adversary.inputs if name != self.classifier.output]

    @property
    def strengths(self) -> dict[str, float]:
        """Strength of each column that this step adds, the score first."""
        return columns_of_strengths(self.classifier.output, self.strength, self.baseline, self.scan)

    def applied(self) -> list[str]:
        """The arguments of the classifier."""
        return self.classifier.arguments

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The score, that of the plain network, and one for each strength of the scan."""
        super().declare(columns)
        need_event_answers(self.classifier, self.label)
        columns.need_flat(self.nuisance, self.label)
        if self.classifier.per_particle:
            kind = type(self.classifier).__name__
            raise WiringError(f"{self.label}: its classifier must answer for each event, {kind} does for each particle")
        return dict.fromkeys(self.strengths, self._score_type(columns))

    def build(self, columns: Columns) -> nn.Module:
        """Classifier and adversary for each strength, all the same at first."""
        from torch import nn

        classifier = self.classifier.build(columns, self.loss.outputs(columns.need_flat(self.target, self.label)))
        score = {self.classifier.output: self._score_type(columns)}
        adversary = self.adversary.build(columns.plus(score))
        nets = nn.ModuleDict()
        for name in self.strengths:
            nets[name] = copy.deepcopy(classifier)
            nets[f"{name}_adversary"] = copy.deepcopy(adversary)
        return nets

    def execute(self, events: Events) -> dict[str, Column]:
        """The columns that :meth:`declare` names."""
        objective = self._objective()
        return {name: objective.column(self.module[name], events) for name in self.strengths}

    def fit(self, train: Rows, validate: Rows) -> None:
        """Pre-train classifier and adversary, fight the duels, and let a critic look at the results."""
        from hepdl_training.duel import check_nuisance
        from hepdl_training.tournament import Tournament

        for name in self.strengths:
            self.classifier.prepare(self.module[name], train, validate, self.job)
        objective = self._objective().fit(train, validate, self.job)
        mask = Weighting(self.weight, self.negative_weights, only=self.only).fit(train, self.job)
        opponents = [net for name, net in self.module.items() if name.endswith("_adversary")]
        for adversary in opponents:
            check_nuisance(adversary, self.nuisance, mask, train, validate)
        duels = [self._duel(name, objective, mask) for name in self.strengths]
        tournament = Tournament(self, duels, train, validate)
        Training(self.job, tournament.phases(), tournament.state, train.device).run()
        tournament.judge()

    def _duel(self, name: str, objective: Objective, mask: Weighting) -> Duel:
        from hepdl_training.duel import Duel

        return Duel(self, name, self.module[name], self.module[f"{name}_adversary"], objective=objective, mask=mask)

    def _objective(self) -> Objective:
        classes = self.loss.labels if self.balance else 0
        weighting = Weighting(self.weight, self.negative_weights, target=self.target, classes=classes)
        return Objective(self.classifier, self.loss, self.target, weighting)

    def _score_type(self, columns: Columns) -> ColumnType:
        outputs = self.loss.outputs(columns.need_flat(self.target, self.label))
        return ColumnType(shape=() if outputs == 1 else (outputs,))
