"""Siamese: one network on both events of a pair learns a space in which like events are close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Input, Inputs, parameter
from hepdl.errors import BadValues, WiringError
from hepdl.events import Column, Events
from hepdl.learning.examples import need_event_answers
from hepdl.learning.loop import Metrics
from hepdl.learning.parts import Network
from hepdl.learning.weights import Weighting
from hepdl_training.scheme import Scheme

if TYPE_CHECKING:
    import torch
    from torch import nn

    from hepdl_training.pairs import Pairs

LARGEST = 2048
"""Events in a batch of the validation when training has none: all pairs of a batch are looked at."""


class Siamese(Scheme):
    """Trains one network on both events of a pair, so that like events come to lie close to each other and unlike ones
    apart, and adds the place of each event, its embedding ``[N, dimension]``, as a column.

    A pair counts with the product of both weights, a triplet or an InfoNCE choice with its first event's.

    Pairs are all pairs of events in a batch; those are alike that have the same ``target``. With ``partner`` an event
    itself holds a pair: its ``network.inputs`` and the partner's columns, seen by the same network; ``target`` is then
    1 where they belong together and 0 where they do not.
    """

    network: Network
    """What is trained; its ``output`` names the embedding."""
    target: Input = "label"
    """Class of an event, or with ``partner`` whether the pair belongs together; events where it is NaN do not count."""
    partner: Inputs = []
    """Columns of the other half of the pair, in the order of the network's inputs; empty for pairs of events."""
    dimension: int = parameter(2, ge=1)
    """Numbers of the embedding."""
    loss: Literal["contrastive", "triplet", "infonce"] = "contrastive"
    """Contrastive (Hadsell, Chopra and LeCun, CVPR 2006): ½d² for like pairs, ½max(0, margin - d)² for others, at the
    distance d. Triplet (arXiv:1703.07737, hardest in the batch): the furthest like event shall be nearer by ``margin``
    than the nearest other one. InfoNCE (arXiv:1807.03748, with labels arXiv:2004.11362): the like event shall be found
    among all of the batch by the cosine over ``temperature``; the embedding then has length 1."""
    margin: float = parameter(1.0, gt=0)
    """Distance beyond which unlike events push each other no further."""
    temperature: float = parameter(0.1, gt=0)
    """Scale of the cosine for InfoNCE."""
    batch_size: int | None = parameter(512, ge=2)
    """Events in a batch, of which all pairs are looked at; None for all events at once."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.partner and len(self.partner) != len(self.network.arguments):
            raise ValueError(
                f"partner has {len(self.partner)} columns, but the network takes {len(self.network.arguments)}: "
                f"{self.network.arguments}"
            )
        return self

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The embedding; raises ``WiringError`` when the halves of a pair have other types."""
        super().declare(columns)
        need_event_answers(self.network, self.label)
        kind = columns.need_flat(self.target, self.label)
        if kind.shape:
            raise WiringError(f"{self.label}: target '{self.target}' is {kind}, but one number an event is needed")
        for mine, other in zip(self.network.arguments, self.partner, strict=False):
            if str(columns[mine]) != str(columns[other]):
                raise WiringError(
                    f"{self.label}: '{mine}' is {columns[mine]}, but its partner '{other}' is {columns[other]}; one "
                    "network can only see columns of one type"
                )
        return {self.network.output: ColumnType(shape=(self.dimension,))}

    def build(self, columns: Columns) -> nn.Module:
        """The network's module."""
        return self.network.build(columns, self.dimension)

    def execute(self, events: Events) -> dict[str, Column]:
        """The embedding, of length 1 for InfoNCE."""
        return {self.network.output: self._embedded(self.module, events, self.network.arguments)}

    def fit(self, train: Rows, validate: Rows) -> None:
        """Train the network; raises :class:`BadValues` when there are no two classes of events."""
        self.need_validation(validate)
        self.network.prepare(self.module, train, validate, self.job)
        weighting = Weighting(self.weight, self.negative_weights, target=self.target).fit(train, self.job)
        self._need_classes(train, weighting)
        names = self.reads()

        def losses(module: nn.Module, events: Events) -> Metrics:
            return {"loss": self._loss(module, events, weighting)}

        self.minimise(names, train, validate, losses, lambda module: self._over(module, validate, weighting))

    def _over(self, module: nn.Module, rows: Rows, weighting: Weighting) -> Metrics:
        """The mean loss of batches of a part, network in eval mode; they are shuffled, so that classes meet."""
        import torch

        was_training, total = module.training, []
        module.eval()
        with torch.no_grad():
            for events in rows.batches(self.reads(), self.batch_size or LARGEST, epoch=0):
                total.append(self._loss(module, events, weighting) * len(events))
        module.train(was_training)
        return {"loss": torch.stack(total).sum() / len(rows)}

    def _embedded(self, module: nn.Module, events: Events, names: list[str]) -> torch.Tensor:
        from torch.nn import functional

        place: torch.Tensor = module(*(events[name] for name in names))
        return functional.normalize(place, dim=1) if self.loss == "infonce" else place

    def _loss(self, module: nn.Module, events: Events, weighting: Weighting) -> torch.Tensor:
        """The mean loss of a batch, a scalar on the device."""
        from hepdl_training.pairs import LOSSES

        pairs = self._pairs(module, events, weighting(events))
        scale = self.temperature if self.loss == "infonce" else self.margin
        return (LOSSES[self.loss](pairs, scale) * pairs.weight).mean()

    def _pairs(self, module: nn.Module, events: Events, weight: torch.Tensor) -> Pairs:
        from hepdl_training.pairs import Pairs

        places = self._embedded(module, events, self.network.arguments)
        if not self.partner:
            return Pairs.of_events(places, events[self.target], weight)
        others = self._embedded(module, events, self.partner)
        together = events[self.target] == 1
        return Pairs.of_halves(places, others, together, weight, only_these=self.loss == "contrastive")

    def _need_classes(self, train: Rows, weighting: Weighting) -> None:
        events = train.everything([self.target, self.weight])
        found = events[self.target][weighting(events) != 0].double().unique().tolist()
        if self.partner and not (1 in found and set(found) <= {0, 1}):
            raise BadValues(
                f"{self.label}: target '{self.target}' must be 1 for pairs that belong together, 0 for others, but it "
                f"is {found[:5]}"
            )
        if not self.partner and len(found) < 2:
            raise BadValues(
                f"{self.label}: target '{self.target}' is {found} in all training events; unlike events are needed too"
            )
