"""Supervised: a network learns a target column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Input, parameter
from hepdl.errors import NothingLeft
from hepdl.events import Column, Events
from hepdl.learning.average import Average
from hepdl.learning.descent import Descent
from hepdl.learning.loop import Phase, Training
from hepdl.learning.objective import Objective
from hepdl.learning.parts import Loss, Network, Optimizer, Schedule
from hepdl.learning.stream import Stream
from hepdl.learning.weights import NegativeWeights, Weighting
from hepdl_training.losses import CrossEntropy
from hepdl_training.optimizers import Adam
from hepdl_training.schedules import Constant

if TYPE_CHECKING:
    import torch
    from torch import nn


class Supervised(Learner):
    """Trains a network on a target column and adds its output as a column."""

    network: Network
    """What is trained; its ``output`` names the column that is added."""
    target: Input = "label"
    """True class or value; events where it is NaN do not count."""
    loss: Loss = CrossEntropy()
    """What is minimised."""
    weight: Input = "weight"
    """Event weight."""
    negative_weights: NegativeWeights = "keep"
    """What training does with negative weights."""
    balance: bool = False
    """Give all classes the same sum of weights in training."""
    epochs: int = parameter(20, ge=1)
    """Passes over the training part."""
    batch_size: int | None = parameter(2048, ge=1)
    """Events in a batch; None for all events at once."""
    optimizer: Optimizer = Adam()
    """How weights follow their gradients."""
    schedule: Schedule = Constant()
    """How the learning rate changes."""
    clip: float = parameter(0.0, ge=0)
    """Largest norm of the gradient; 0 for no bound."""
    average: float = parameter(0.0, ge=0, le=1)
    """Share of the training, at its end, over which the weights are averaged; 0 for none."""
    keep: Literal["best", "last"] = "best"
    """Which network stays: that of the epoch with the best validation loss, or the last."""
    patience: int = parameter(0, ge=0)
    """Stop when the validation loss has not improved for so many epochs; 0 never stops."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.optimizer.needs_all_events and self.batch_size is not None:
            raise ValueError(f"{type(self.optimizer).__name__} needs all events in one batch: set batch_size=None")
        if self.balance and not self.loss.labels:
            raise ValueError(f"balance needs a loss with classes, {type(self.loss).__name__} has none")
        if self.patience and self.keep == "last":
            raise ValueError("patience stops after the best epoch, so it needs keep='best'")
        return self

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The network's output: one number, or one for each class or member of the target."""
        super().declare(columns)
        outputs = self.loss.outputs(columns.need_flat(self.target, self.label))
        return {self.network.output: ColumnType(shape=() if outputs == 1 else (outputs,))}

    def build(self, columns: Columns) -> nn.Module:
        """The network's module."""
        return self.network.build(columns, self.loss.outputs(columns.need_flat(self.target, self.label)))

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
        if self.patience and not len(validate):
            raise NothingLeft(f"{self.label}: patience={self.patience} needs events in the validation part")
        if self.keep == "best" and not len(validate):
            self.job.log.info("no validation events: the last network is kept")
        self.network.prepare(self.module, train, validate, self.job)
        objective = self.objective().fit(train, validate, self.job)
        descent = Descent(self.module.parameters(), self.optimizer, self.schedule, self.clip)
        model = Average(self.module, self.average)

        def update(_: float, events: Events) -> dict[str, torch.Tensor]:
            model.module.train()
            return {"loss": descent.follow(lambda: objective.mean(objective.predict(model.module, events), events))}

        def check() -> dict[str, torch.Tensor]:
            return {"loss": objective.over(model.current, validate, 65_536)} if len(validate) else {}

        phase = Phase(
            name="training", epochs=self.job.epochs or self.epochs,
            streams=[Stream(train, objective.names, self.batch_size)], update=update, validate=check,
            descents=[descent], averages=[model], patience=self.patience,
            monitor="loss" if len(validate) and self.keep == "best" else "",
        )  # fmt: skip
        state = {"network": self.module, "descent": descent, "average": model}
        Training(self.job, [phase], state, train.device).run()
