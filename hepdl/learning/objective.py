"""Objective: the weighted mean loss of a network, with its columns by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.errors import BadValues
from hepdl.learning.weights import Weighting, weighted_mean

if TYPE_CHECKING:
    import torch
    from torch import nn

    from hepdl.data.rows import Rows
    from hepdl.events import Events
    from hepdl.job import Job
    from hepdl.learning.parts import Loss, Network


class Objective:
    """What a network is trained for: a loss against a target column, with weights."""

    def __init__(self, network: Network, loss: Loss, target: str, weighting: Weighting) -> None:
        self.network, self.loss, self.target, self.weighting = network, loss, target, weighting
        self.names = list(dict.fromkeys([*network.arguments, target, *weighting.names]))

    def fit(self, train: Rows, validate: Rows, job: Job) -> Objective:
        """Fit the weighting and check the targets of both parts."""
        self.weighting.fit(train, job)
        for rows in (train, validate):
            if len(rows):
                events = rows.everything([self.target, *self.weighting.names])
                target = events[self.target][self.weighting(events) != 0]
                _refuse_not_finite(target, self.target)
                self.loss.check(target, self.target)
        return self

    def predict(self, module: nn.Module, events: Events) -> torch.Tensor:
        """Network outputs ``[N, outputs]`` before the last activation."""
        prediction: torch.Tensor = module(*[events[name] for name in self.network.arguments])
        return prediction

    def column(self, module: nn.Module, events: Events) -> torch.Tensor:
        """The column that goes out."""
        return self.loss.activate(self.predict(module, events))

    def mean(self, prediction: torch.Tensor, events: Events) -> torch.Tensor:
        """The mean loss of a batch, a scalar on the device."""
        return weighted_mean(self._each(prediction, events), self.weighting(events))

    def over(self, module: nn.Module, rows: Rows, size: int) -> torch.Tensor:
        """Σ w l / Σ w over a part, network in eval mode, a scalar on the device; NaN for an empty part."""
        import torch

        was_training = module.training
        module.eval()
        total = torch.zeros(2, device=rows.device)
        with torch.no_grad():
            for events in rows.batches(self.names, size):
                weight = self.weighting(events)
                values = self._each(self.predict(module, events), events)
                total += torch.stack([(values * weight).sum(), weight.sum()])
        module.train(was_training)
        return total[0] / total[1]

    def _each(self, prediction: torch.Tensor, events: Events) -> torch.Tensor:
        return self.loss.loss(prediction, events[self.target].to(prediction.dtype).nan_to_num())


def _refuse_not_finite(target: torch.Tensor, name: str) -> None:
    if target.is_floating_point():
        bad = int((~target.isfinite()).sum())
        if bad:
            raise BadValues(f"target column '{name}': {bad} values are NaN or infinite")
