"""Tournament: duels at several strengths from one common start, as phases of a training."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from hepdl.events import Events
from hepdl.learning.average import Average
from hepdl.learning.loop import Metrics, Phase, Stateful
from hepdl.learning.stream import Stream
from hepdl_training.critic import adversary_bound, judge
from hepdl_training.duel import Duel

if TYPE_CHECKING:
    from hepdl.data.rows import Rows
    from hepdl_training.pivot import Pivot

PROBE = 2048
"""Validation events on which the adversary is followed during training."""
BLOCK = 65_536


class Tournament:
    """Pre-trains one classifier and one adversary, gives all duels that start, and fights them one by one.

    Each duel begins with the same seed and the same batches, so that none depends on which others there are.
    """

    def __init__(self, pivot: Pivot, duels: list[Duel], train: Rows, validate: Rows) -> None:
        self._pivot, self._duels, self._train, self._validate = pivot, duels, train, validate
        self._first = duels[0]

    @property
    def state(self) -> dict[str, Stateful]:
        """Everything that training changes."""
        state: dict[str, Stateful] = {"networks": self._pivot.module}
        for duel in self._duels:
            state |= {f"{duel.column}.{name}": getattr(duel, name) for name in ("down", "up", "model")}
        return state | {"start.down": self._start.down, "start.up": self._start.up}

    def phases(self) -> list[Phase]:
        """Two of pre-training, then a duel for each strength; the plain network has one without opponent."""
        return [self._pretrain_classifier(), self._pretrain_adversary(), *map(self._fight, self._duels)]

    @cached_property
    def _start(self) -> Duel:
        """The first duel's networks with optimisers of their own, which pre-training uses up."""
        first = self._first
        return Duel(
            self._pivot, first.column, first.classifier, first.adversary, objective=first.objective, mask=first.mask
        )

    def _pretrain_classifier(self) -> Phase:
        duel = self._start
        return Phase(
            name="classifier", epochs=self._pretraining(self._pivot.pretrain_epochs), streams=[self._stream(1)],
            update=lambda _, events: duel.train_classifier(0.0, events),
            validate=lambda: self._check_classifier(duel.classifier),
            descents=[duel.down], averages=[Average(duel.classifier)],
        )  # fmt: skip

    def _pretrain_adversary(self) -> Phase:
        duel = self._start
        return Phase(
            name="adversary", epochs=self._pretraining(self._pivot.pretrain_adversary_epochs),
            streams=[self._stream(2)],
            update=lambda _, events: duel.train_adversary(events),
            validate=lambda: self._check_adversary(duel),
            descents=[duel.up], averages=[], finish=self._share_start,
        )  # fmt: skip

    def _fight(self, duel: Duel) -> Phase:
        plain = self._is_plain(duel)
        opponents = [] if plain else [self._stream(3, self._pivot.adversary_steps)]
        return Phase(
            name=duel.column, epochs=self._pivot.job.epochs or self._pivot.epochs,
            streams=[self._stream(0), *opponents],
            update=(lambda _, events: duel.train_classifier(0.0, events)) if plain else duel.update,
            validate=lambda: self._check_classifier(duel.classifier) | ({} if plain else self._check_adversary(duel)),
            descents=[duel.down] if plain else [duel.down, duel.up], averages=[duel.model], seed="training",
        )  # fmt: skip

    def _share_start(self) -> None:
        """All duels begin with the pre-trained networks."""
        for duel in self._duels:
            duel.classifier.load_state_dict(self._first.classifier.state_dict())
            duel.adversary.load_state_dict(self._first.adversary.state_dict())

    def _is_plain(self, duel: Duel) -> bool:
        return duel is not self._first and not duel.strength

    def _pretraining(self, epochs: int) -> int:
        """A run that is made shorter has a shorter pre-training as well."""
        return min(epochs, self._pivot.job.epochs or epochs)

    def _stream(self, key: int, batches: int = 1) -> Stream:
        return Stream(self._train, self._first.names, batches * self._pivot.batch_size, key)

    def _check_classifier(self, classifier: torch.nn.Module) -> Metrics:
        if not len(self._validate):
            return {}
        return {"loss": self._first.objective.over(classifier, self._validate, BLOCK)}

    def _check_adversary(self, duel: Duel) -> Metrics:
        if not len(self._probe):
            return {}
        with torch.no_grad():
            nuisance, weight = duel.masked(self._probe)
            found = duel.adversary.log_prob(nuisance, *duel.adversary_inputs(duel.classifier, self._probe))
            loss = -(found * weight).sum() / weight.sum()
            return {"adversary_loss": loss, "information": self._bound(duel, self._probe)}

    def _bound(self, duel: Duel, events: Events) -> torch.Tensor:
        inputs = duel.adversary_inputs(duel.classifier, events)
        place = self._pivot.adversary.inputs.index(self._pivot.classifier.output)
        return adversary_bound(duel.adversary, *duel.masked(events), inputs, place)

    @cached_property
    def _masked(self) -> Events:
        """The validation events that count for the adversary."""
        events = self._validate.everything(self._first.names)
        return events.take((self._first.mask(events) != 0).nonzero()[:, 0])

    @cached_property
    def _probe(self) -> Events:
        return self._masked.rows(0, PROBE)

    def judge(self) -> None:
        """Let the critic look at each score on the validation events; its verdict goes to log and metrics."""
        job = self._pivot.job
        if not len(self._masked):
            job.log.warning("no validation events: nobody has checked whether the score is pivotal")
            return
        for duel in self._duels:
            with torch.no_grad():
                nuisance, weight = duel.masked(self._masked)
                score = duel.objective.column(duel.classifier.eval(), self._masked)
                bound = math.nan if self._is_plain(duel) else float(self._bound(duel, self._masked))
            verdict = judge(score.cpu().numpy(), nuisance.cpu().numpy(), weight.cpu().numpy(), bound)
            verdict.tell(job.log, duel.column, self._pivot.nuisance, duel.strength)
            job.metric(phase="critic", score=duel.column, strength=duel.strength, **verdict.numbers())
