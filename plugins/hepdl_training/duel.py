"""Duel: one classifier against one adversary at one strength (Louppe, Kagan and Cranmer, arXiv:1611.01046).

The classifier minimises (L_f − λ L_r) / (1 + λ), the adversary L_r = −⟨log r(z | f(x))⟩. Both means are over the
same masked events. λ rises slowly and the loss is divided by 1 + λ, since at a high strength the usual failure is
an adversary that dies while the classifier goes back to what it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from hepdl.errors import BadValues
from hepdl.events import Events
from hepdl.learning.average import Average
from hepdl.learning.descent import Descent
from hepdl.learning.objective import Objective
from hepdl.learning.weights import Weighting, weighted_mean

if TYPE_CHECKING:
    from hepdl.data.rows import Rows
    from hepdl_training.pivot import Pivot

Losses = dict[str, torch.Tensor]
EPSILON = 1e-4
"""Scores nearer to 0 or 1 than this look alike to the adversary."""
RAMP_FROM = 1 / 6
"""Share of the strength at which the ramp begins."""


class Duel:
    """Two networks, their optimisers and one strength."""

    def __init__(
        self, pivot: Pivot, column: str, classifier: nn.Module, adversary: nn.Module, *,
        objective: Objective, mask: Weighting,
    ) -> None:  # fmt: skip
        """``mask`` gives the weights of the events whose score must not depend on the nuisance."""
        self.column, self.strength = column, pivot.strengths[column]
        self.classifier, self.adversary = classifier, adversary
        self.objective, self.mask = objective, mask
        self.names = list(dict.fromkeys([*objective.names, *mask.names, pivot.nuisance, *pivot.other_inputs]))
        self.model = Average(classifier, pivot.average)
        self.down = Descent(classifier.parameters(), pivot.optimizer, pivot.schedule, pivot.clip)
        self.up = Descent(adversary.parameters(), pivot.adversary_optimizer, pivot.adversary_schedule)
        self._pivot = pivot

    def update(self, progress: float, events: Events, more: Events) -> Losses:
        """Adversary steps on ``more`` events, then one step of the classifier."""
        losses = self.train_adversary(more, self._pivot.adversary_steps)
        return losses | self.train_classifier(self._ramped(progress), events)

    def train_classifier(self, strength: float, events: Events) -> Losses:
        """One step of the classifier; at strength 0 it is that of plain training, bit for bit."""
        losses: Losses = {}

        def loss() -> torch.Tensor:
            self.classifier.train()
            losses["loss"] = self.objective.mean(self.objective.predict(self.classifier, events), events)
            if not strength:
                return losses["loss"]
            return (losses["loss"] - strength * self.adversary_loss(events)) / (1 + strength)

        self.down.follow(loss)
        return losses

    def train_adversary(self, events: Events, steps: int = 1) -> Losses:
        """``steps`` steps of the adversary, each on its share of the events, the classifier frozen."""
        with torch.no_grad():
            columns = self._adversary_columns(events)
        shares = zip(*(column.chunk(steps) for column in columns), strict=True)
        values = [self.up.follow(lambda share=share: self._mean(*share)) for share in shares]
        return {"adversary_loss": torch.stack(values).mean()}

    def adversary_loss(self, events: Events) -> torch.Tensor:
        """L_r on a batch, in nats, with gradients to both networks."""
        return self._mean(*self._adversary_columns(events))

    def adversary_inputs(self, classifier: nn.Module, events: Events) -> list[torch.Tensor]:
        """What the adversary reads; the score is that of the classifier in eval mode (no dropout, no batch norm)."""
        classifier.eval()
        score = self.objective.column(classifier, events)
        score = score.logit(EPSILON) if self._pivot.view == "logit" else score
        names, output = self._pivot.adversary.inputs, self._pivot.classifier.output
        return [score if name == output else events[name] for name in names]

    def masked(self, events: Events) -> tuple[torch.Tensor, torch.Tensor]:
        """Nuisance and weight ``[N]``; both 0 where an event does not count, so that the nuisance may be NaN there."""
        weight, column = self.mask(events), events[self._pivot.nuisance]
        return torch.where(weight != 0, column, torch.zeros_like(column)), weight

    def _adversary_columns(self, events: Events) -> list[torch.Tensor]:
        """Nuisance, weight (with mean 1) and inputs of the events that count."""
        events = self.mask.packed(events)
        nuisance, weight = self.masked(events)
        return [nuisance, weight * self.mask.share, *self.adversary_inputs(self.classifier, events)]

    def _mean(self, nuisance: torch.Tensor, weight: torch.Tensor, *inputs: torch.Tensor) -> torch.Tensor:
        return -weighted_mean(self.adversary.log_prob(nuisance, *inputs), weight)

    def _ramped(self, progress: float) -> float:
        ramp = self._pivot.ramp
        share = min(1.0, progress / ramp) if ramp else 1.0
        return self.strength * (RAMP_FROM + (1 - RAMP_FROM) * share)


def check_nuisance(adversary: nn.Module, name: str, mask: Weighting, train: Rows, validate: Rows) -> None:
    """Prepare the adversary for the nuisance, and refuse values that it cannot have a probability for."""
    for rows in (train, validate):
        if not len(rows):
            continue
        events = rows.everything([name, *mask.names])
        column, weight = events[name], mask(events)
        if column.dim() != 1:
            raise BadValues(f"nuisance column '{name}' must be one number an event, not {list(column.shape[1:])}")
        if rows is train:
            adversary.prepare(column, weight)
        adversary.check(column[weight != 0])
