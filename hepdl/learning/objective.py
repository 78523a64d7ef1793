"""Objective: the weighted mean loss of a network, with its columns by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.data.rows import Made
from hepdl.errors import BadValues
from hepdl.jagged import Jagged
from hepdl.learning.examples import need_equal_lengths, values_of
from hepdl.learning.weights import Weighting, weighted_mean

if TYPE_CHECKING:
    import torch
    from torch import nn

    from hepdl.data.rows import Rows
    from hepdl.events import Column, Events
    from hepdl.job import Job
    from hepdl.learning.parts import Loss, Network


WEIGHT, TARGET = "weight in training", "target in training"
"""Columns that :meth:`Objective.prepared` adds."""


class Objective:
    """What a network is trained for: a loss against a target column, with weights."""

    def __init__(
        self, network: Network, loss: Loss, target: str, weighting: Weighting, like: str | None = None
    ) -> None:
        """``like`` is the list that the target must be as long as; that of ``network.per_particle`` when None."""
        self.network, self.loss, self.target, self.weighting = network, loss, target, weighting
        self.like = network.per_particle if like is None else like
        self.arguments = network.arguments
        self.names = list(dict.fromkeys([*self.arguments, target, *weighting.names]))

    def fit(self, train: Rows, validate: Rows, job: Job) -> Objective:
        """Fit the weighting and check the targets of both parts."""
        self.weighting.fit(train, job)
        for rows in (train, validate):
            if len(rows):
                self._check(rows)
        return self

    def prepared(self, rows: Rows) -> tuple[Rows, list[str]]:
        """The rows with weights and targets as a step needs them, made once, and the columns that a batch must have.

        Where batches vary from epoch to epoch, and for particles, all stays as it is.
        """
        if self.like or rows.varies(self.names):
            return rows, self.names
        reads = list(dict.fromkeys([self.target, *self.weighting.names]))
        return rows.plus(Made([TARGET, WEIGHT], reads, self._prepare)), [*dict.fromkeys(self.arguments), TARGET, WEIGHT]

    def _prepare(self, events: Events) -> dict[str, Column]:
        import torch

        target = events[self.target].to(torch.get_default_dtype()).nan_to_num()
        return {TARGET: target, WEIGHT: self.weighting(events)}

    def predict(self, module: nn.Module, events: Events) -> Column:
        """Network outputs before the last activation: ``[N, outputs]``, or a list ``[n, outputs]`` for particles."""
        return module(*[events[name] for name in self.arguments])

    def column(self, module: nn.Module, events: Events) -> Column:
        """The column that goes out."""
        return self.activated(self.predict(module, events))

    def activated(self, prediction: Column) -> Column:
        """A prediction as the column that goes out."""
        if isinstance(prediction, Jagged):
            return prediction.with_values(self.loss.activate(prediction.values))
        return self.loss.activate(prediction)

    def mean(self, prediction: Column, events: Events) -> torch.Tensor:
        """The mean loss of a batch, a scalar on the device; over particles each of them counts the same."""
        if WEIGHT in events:
            return weighted_mean(self.loss.loss(prediction, events[TARGET]), events[WEIGHT])
        values, weight = self._each(prediction, events), self.weighting(events)
        if isinstance(prediction, Jagged):
            return (values * weight).sum() / len(events)
        return weighted_mean(values, weight)

    def over(self, module: nn.Module, rows: Rows, size: int) -> torch.Tensor:
        """Σ w l / Σ w over a part, network in eval mode, a scalar on the device; NaN for an empty part."""
        import torch

        was_training = module.training
        module.eval()
        total = torch.zeros(2, device=rows.device)
        with torch.no_grad():
            for events in rows.batches(self.names, size):
                total += self.sums(self.predict(module, events), events)
        module.train(was_training)
        return total[0] / total[1]

    def sums(self, prediction: Column, events: Events) -> torch.Tensor:
        """Σ w l and Σ w of a batch, ``[2]`` on the device."""
        import torch

        weight = self.weighting(events)
        return torch.stack([(self._each(prediction, events) * weight).sum(), weight.sum()])

    def _each(self, prediction: Column, events: Events) -> torch.Tensor:
        if isinstance(prediction, Jagged):
            prediction = prediction.values
        return self.loss.loss(prediction, values_of(events[self.target]).to(prediction.dtype).nan_to_num())

    def _check(self, rows: Rows) -> None:
        like = self.like
        events = rows.everything(list(dict.fromkeys([self.target, *self.weighting.names, *([like] if like else [])])))
        if like:
            need_equal_lengths(events[self.target], self.target, events[like], like)
        target = values_of(events[self.target])[self.weighting(events) != 0]
        _refuse_not_finite(target, self.target)
        self.loss.check(target, self.target)


def _refuse_not_finite(target: torch.Tensor, name: str) -> None:
    if target.is_floating_point():
        bad = int((~target.isfinite()).sum())
        if bad:
            raise BadValues(f"target column '{name}': {bad} values are NaN or infinite")
