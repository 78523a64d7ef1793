"""Supervised: a network learns a target column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Input
from hepdl.events import Column, Events
from hepdl.learning.examples import output_type, target_type
from hepdl.learning.objective import Objective
from hepdl.learning.parts import Loss, Network
from hepdl.learning.weights import Weighting
from hepdl_training.losses import CrossEntropy
from hepdl_training.scheme import BLOCK, Scheme

if TYPE_CHECKING:
    from torch import nn


class Supervised(Scheme):
    """Trains a network on a target column and adds its output as a column."""

    network: Network
    """What is trained; its ``output`` names the column that is added."""
    target: Input = "label"
    """True class or value; where it is NaN an event does not count. For a network that answers for each particle it is
    a list of the same lengths; every particle then has the weight of its event and counts the same in the loss."""
    loss: Loss = CrossEntropy()
    """What is minimised."""
    balance: bool = False
    """Give all classes the same sum of weights in training."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.balance and not self.loss.labels:
            raise ValueError(f"balance needs a loss with classes, {type(self.loss).__name__} has none")
        return self

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The network's output: one number, or one for each class or member of the target; a list of them when the
        network answers for particles.
        """
        super().declare(columns)
        return {self.network.output: output_type(self.network, self.loss, columns, self.target, self.label)}

    def build(self, columns: Columns) -> nn.Module:
        """The network's module."""
        target = target_type(self.network, columns, self.target, self.label)
        return self.network.build(columns, self.loss.outputs(target))

    def execute(self, events: Events) -> dict[str, Column]:
        """The column ``network.output``."""
        return {self.network.output: self.objective().column(self.module, events)}

    def objective(self) -> Objective:
        """What is minimised, not yet fitted to data."""
        classes = self.loss.labels if self.balance else 0
        weighting = Weighting(self.weight, self.negative_weights, target=self.target, classes=classes)
        return Objective(self.network, self.loss, self.target, weighting)

    def fit(self, train: Rows, validate: Rows) -> None:
        """Train the network; raises :class:`NothingLeft` when early stopping has no validation events."""
        self.need_validation(validate)
        self.network.prepare(self.module, train, validate, self.job)
        objective = self.objective().fit(train, validate, self.job)
        rows, names = objective.prepared(train)
        self.minimise(
            names, rows, validate,
            lambda module, events: {"loss": objective.mean(objective.predict(module, events), events)},
            lambda module: {"loss": objective.over(module, validate, BLOCK)},
        )  # fmt: skip
