"""Restraint: one network trained with a penalty at one strength."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from hepdl.errors import BadValues
from hepdl.events import Events
from hepdl.learning.average import Average
from hepdl.learning.descent import Descent
from hepdl.learning.loop import Metrics, Phase, Stateful
from hepdl.learning.objective import Objective
from hepdl.learning.stream import Stream
from hepdl.learning.weights import Weighting
from hepdl_training.critic import judge
from hepdl_training.strengths import ramped

if TYPE_CHECKING:
    from hepdl.data.rows import Rows
    from hepdl_training.decorrelate import Decorrelate

BLOCK = 65_536
FEWEST = 8
"""Events that must count in a batch on average; of fewer than 4 there is no distance correlation."""
JUDGED = 4096
"""Validation events on which the penalty is followed during training."""


class Restraint:
    """A network, its penalties, their optimiser and one strength."""

    def __init__(self, step: Decorrelate, column: str, objective: Objective, mask: Weighting) -> None:
        """``mask`` gives the weights of the events whose score must not depend on the nuisances."""
        self.column, self.strength = column, step.strengths[column]
        self.objective, self.mask, self._step = objective, mask, step
        self.network, self.penalties = step.module[column], step.module[f"{column}_penalties"]
        self.names = list(dict.fromkeys([*objective.names, *mask.names, *step.nuisance]))
        trained = [*self.network.parameters(), *(self.penalties.parameters() if self.strength else [])]
        self.descent = Descent(trained, step.optimizer, step.schedule, step.clip)
        self.model = Average(self.network, step.average)
        self._judges: Events | None = None

    @property
    def state(self) -> dict[str, Stateful]:
        """What training changes beside the modules."""
        return {f"{self.column}.descent": self.descent, f"{self.column}.model": self.model}

    def prepare(self, train: Rows, validate: Rows) -> None:
        """Let the penalties know the nuisances; refuse values that they cannot use, and batches that are too small."""
        self._need_events(train)
        for rows in (train, validate):
            if not len(rows):
                continue
            events = rows.everything([*self._step.nuisance, *self.mask.names])
            weight = self.mask(events)
            for name, penalty in zip(self._step.nuisance, self.penalties, strict=True):
                if rows is train:
                    penalty.prepare(events[name], weight)
                penalty.check(events[name][weight != 0])

    def _need_events(self, train: Rows) -> None:
        size = min(self._step.batch_size, len(train))
        counted = self.mask.share * size
        if self.strength and counted < FEWEST:
            raise BadValues(
                f"{self._step.label}: of a batch of {size} events {counted:.3g} count for the penalty on average "
                f"(only='{self._step.only}'), at least {FEWEST} are needed; take a larger batch_size"
            )

    def phase(self, train: Rows, validate: Rows) -> Phase:
        """Its training; all have the same batches and random numbers."""
        step = self._step
        return Phase(
            name=self.column, epochs=step.job.epochs or step.epochs,
            streams=[Stream(train, self.names, step.batch_size)], update=self.update,
            validate=lambda: self._check(validate), descents=[self.descent], averages=[self.model], seed="training",
        )  # fmt: skip

    def update(self, progress: float, events: Events) -> Metrics:
        """One step down loss + strength · penalty."""
        strength = ramped(self.strength, self._step.ramp, progress)
        losses: Metrics = {}

        def loss() -> torch.Tensor:
            self.network.train()
            losses["loss"] = self.objective.mean(self.objective.predict(self.network, events), events)
            if not self.strength:
                return losses["loss"]
            losses["penalty"] = self.penalty(self.network, events)
            return losses["loss"] + strength * losses["penalty"]

        self.descent.follow(loss)
        return losses

    def penalty(self, network: torch.nn.Module, events: Events) -> torch.Tensor:
        """The sum of the penalties over the events that count, a scalar; the network in the mode it is in."""
        events = self.mask.packed(events)
        weight, score = self.mask(events), self.objective.column(network, events)
        columns = [torch.where(weight != 0, events[name], 0) for name in self._step.nuisance]
        used = weight * self.mask.share
        return torch.stack(
            [penalty(score, column, used) for penalty, column in zip(self.penalties, columns, strict=True)]
        ).sum()

    def _check(self, validate: Rows) -> Metrics:
        if not len(validate):
            return {}
        found = {"loss": self.objective.over(self.model.current, validate, BLOCK)}
        if not self.strength:
            return found
        with torch.no_grad():
            return found | {"penalty": self.penalty(self.model.current.eval(), self._judged(validate))}

    def _judged(self, validate: Rows) -> Events:
        """Validation events that count, from all over the files."""
        if self._judges is None:
            events = counting(validate.everything(self.names), self.mask)
            places = torch.linspace(0, len(events) - 1, min(JUDGED, len(events)), device=validate.device)
            self._judges = events.take(places.long())
        return self._judges


def counting(events: Events, mask: Weighting) -> Events:
    """The events with a weight other than 0."""
    return events.take((mask(events) != 0).nonzero()[:, 0])


def judge_scores(step: Decorrelate, restraints: Sequence[Restraint], validate: Rows) -> None:
    """Let the critic look at each score and nuisance on the validation events; its verdict goes to log and metrics."""
    if not len(validate):
        step.job.log.warning("no validation events: nobody has checked whether the score is independent")
        return
    events = counting(validate.everything(restraints[0].names), restraints[0].mask)
    weight = restraints[0].mask(events).cpu().numpy()
    for each in restraints:
        with torch.no_grad():
            score = each.objective.column(each.network.eval(), events).cpu().numpy()
        for name in step.nuisance:
            verdict = judge(score, events[name].cpu().numpy(), weight, math.nan)
            verdict.tell(step.job.log, each.column, name, each.strength)
            step.job.metric(
                phase="critic", score=each.column, nuisance=name, strength=each.strength, **verdict.numbers()
            )
