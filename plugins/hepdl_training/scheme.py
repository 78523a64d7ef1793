"""Scheme: what schemes that train one network share, from the optimiser to early stopping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import model_validator

from hepdl.algorithm import Learner
from hepdl.description import Input, parameter
from hepdl.errors import NothingLeft
from hepdl.learning.average import Average
from hepdl.learning.descent import Descent
from hepdl.learning.health import Health
from hepdl.learning.loop import Metrics, Phase, Training
from hepdl.learning.parts import Network, Optimizer, Schedule
from hepdl.learning.stream import Stream
from hepdl.learning.weights import NegativeWeights
from hepdl_training.optimizers import Adam
from hepdl_training.schedules import Constant

if TYPE_CHECKING:
    import torch
    from torch import nn

    from hepdl.data.rows import Rows
    from hepdl.events import Events

BLOCK = 65_536
"""Validation events that go through the network at once."""


class Scheme(Learner):
    """Trains one network in one phase; a subclass says what is minimised."""

    weight: Input = "weight"
    """Event weight."""
    negative_weights: NegativeWeights = "keep"
    """What training does with negative weights."""
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
    health: bool = True
    """Look once an epoch for gradients that vanish or explode, dead and saturated units, a loss that does not move and
    over-fitting, and warn."""

    @model_validator(mode="after")
    def _check_training(self) -> Self:
        if self.optimizer.needs_all_events and self.batch_size is not None:
            raise ValueError(f"{type(self.optimizer).__name__} needs all events in one batch: set batch_size=None")
        if self.patience and self.keep == "last":
            raise ValueError("patience stops after the best epoch, so it needs keep='best'")
        return self

    def applied(self) -> list[str]:
        """The arguments of its networks."""
        return [name for _, part in self.parts() if isinstance(part, Network) for name in part.arguments]

    def concerns(self) -> list[str]:
        """Those of its networks and of its optimiser."""
        parts = [part for _, part in self.parts() if isinstance(part, Network | Optimizer)]
        return [words for part in parts for words in part.concerns()]

    def need_validation(self, validate: Rows) -> None:
        """Raise :class:`NothingLeft` when early stopping has no validation events; else say what is kept."""
        if self.patience and not len(validate):
            raise NothingLeft(f"{self.label}: patience={self.patience} needs events in the validation part")
        if self.keep == "best" and not len(validate):
            self.job.log.info("no validation events: the last network is kept")

    def _alike(self, train: Rows) -> str:
        """The list by whose length its network likes batches to be put together."""
        networks = [part for _, part in self.parts() if isinstance(part, Network)]
        return next((name for network in networks if (name := network.alike(train.columns))), "")

    def minimise(
        self, names: Sequence[str], train: Rows, validate: Rows,
        losses: Callable[[nn.Module, Events], Metrics], check: Callable[[nn.Module], Metrics],
    ) -> None:  # fmt: skip
        """Train ``self.module`` down the ``loss`` among the ``losses`` of a batch; ``check`` over validation."""
        for words in self.concerns() if self.health else ():
            self.job.log.warning(words)
        descent = Descent(self.module.parameters(), self.optimizer, self.schedule, self.clip)
        model = Average(self.module, self.average)

        def update(_: float, events: Events) -> Metrics:
            found: Metrics = {}

            def loss() -> torch.Tensor:
                found.update(losses(model.module, events))
                value: torch.Tensor = found["loss"]
                return value

            if not model.module.training:
                model.module.train()
            return found | {"loss": descent.follow(loss)}

        phase = Phase(
            name="training", epochs=self.job.epochs or self.epochs,
            streams=[Stream(train, names, self.batch_size, alike=self._alike(train))], update=update,
            validate=lambda: check(model.current) if len(validate) else {},
            descents=[descent], averages=[model], patience=self.patience,
            monitor="loss" if len(validate) and self.keep == "best" else "",
            health=Health(self.module) if self.health else None,
        )  # fmt: skip
        state: dict[str, Any] = {"network": self.module, "descent": descent, "average": model}
        Training(self.job, [phase], state, train.device).run()
