"""Together: the losses of several tasks on one network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hepdl.learning.objective import Objective
from hepdl.learning.pairs import PREFIX, WithPairs
from hepdl.learning.weights import Weighting
from hepdl_training.scheme import BLOCK

if TYPE_CHECKING:
    from typing import Any

    from torch import nn

    from hepdl.events import Column, Events
    from hepdl.job import Job
    from hepdl_training.multi_task import MultiTask, Task

Losses = dict[str, torch.Tensor]


class Together:
    """One objective for each task, and their sum."""

    def __init__(self, step: MultiTask) -> None:
        self._step, self._tasks = step, step.tasks
        self._objectives = [self._objective(task) for task in step.tasks]
        self.names = list(dict.fromkeys(name for each in self._objectives for name in each.names))

    def fit(self, train: Any, validate: Any, job: Job) -> tuple[Any, Any]:
        """Fit weightings and check targets; the parts, with the columns of pairs that the tasks need."""
        if any(task.level == "pair" for task in self._tasks):
            train, validate = WithPairs(train), WithPairs(validate)
        for objective in self._objectives:
            objective.fit(train, validate, job)
        return train, validate

    def columns(self, module: nn.Module, events: Events) -> dict[str, Column]:
        """The columns that go out."""
        predictions = self._predictions(module, events)
        each = zip(self._tasks, self._objectives, predictions, strict=True)
        return {task.output: objective.activated(prediction) for task, objective, prediction in each}

    def losses(self, module: nn.Module, events: Events) -> Losses:
        """Mean loss of each task on a batch, ``<output>_loss``, and their sum, ``loss``."""
        each = zip(self._objectives, self._predictions(module, events), strict=True)
        return self._summed(module, [objective.mean(prediction, events) for objective, prediction in each])

    def over(self, module: nn.Module, rows: Any) -> Losses:
        """The same over a part, network in eval mode; a task without a single label there does not enter the sum."""
        was_training = module.training
        module.eval()
        sums = torch.zeros(len(self._tasks), 2, device=rows.device)
        with torch.no_grad():
            for events in rows.batches(self.names, BLOCK):
                each = zip(self._objectives, self._predictions(module, events), strict=True)
                sums += torch.stack([objective.sums(prediction, events) for objective, prediction in each])
        module.train(was_training)
        means = sums[:, 0] / sums[:, 1]
        return self._summed(module, list(torch.where(sums[:, 1] != 0, means, 0).unbind()))

    def tell(self, module: nn.Module, job: Job) -> None:
        """Say what weights were learned."""
        learned: torch.Tensor | None = module.log_variance
        if learned is not None:
            weights = (-learned.detach()).exp().tolist()
            shown = ", ".join(f"{t.output} {t.weight * w:.3g}" for t, w in zip(self._tasks, weights, strict=True))
            job.log.info(f"weights of the tasks in the end: {shown}")

    def _summed(self, module: nn.Module, means: list[torch.Tensor]) -> Losses:
        values, variance = torch.stack(means), module.log_variance
        if variance is not None:
            values = (-variance).exp() * values + variance / 2
        total = sum(task.weight * value for task, value in zip(self._tasks, values.unbind(), strict=True))
        assert isinstance(total, torch.Tensor)
        return {"loss": total} | {f"{task.output}_loss": mean for task, mean in zip(self._tasks, means, strict=True)}

    def _predictions(self, module: nn.Module, events: Events) -> list[Column]:
        found: list[Column] = module(*[events[name] for name in self._step.network.arguments])
        return found

    def _objective(self, task: Task) -> Objective:
        target = f"{PREFIX}{task.target}" if task.level == "pair" else task.target
        classes = task.loss.labels if task.balance else 0
        weighting = Weighting(self._step.weight, self._step.negative_weights, target=target, classes=classes)
        like = self._step.network.particles if task.level == "particle" else ""
        return Objective(self._step.network, task.loss, target, weighting, like)
