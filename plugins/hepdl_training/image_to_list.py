"""ImageToList: a network looks at an image and says which particles are in it, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Input, parameter
from hepdl.errors import BadValues, WiringError
from hepdl.events import Column, Events, Jagged
from hepdl.learning.examples import need_event_answers
from hepdl.learning.loop import Metrics
from hepdl.learning.parts import Network
from hepdl.learning.weights import Weighting, weighted_mean
from hepdl_training.scheme import BLOCK, Scheme

if TYPE_CHECKING:
    import torch
    from torch import nn


class ImageToList(Scheme):
    """Trains an encoder, and a recurrent decoder that says a list and when it ends, as captions are written for
    photographs (arXiv:1411.4555): a detector image becomes its list of particles. The list joins the events as a jagged
    column ``[n, F]`` of the lengths that the network gives it.

    In training the decoder sees the true particle before each one that it says (teacher forcing), afterwards its own.
    The loss of an event is the sum over its particles of the squared distance, plus that over all steps of the
    cross-entropy of stopping. Features should be of about width 1, as Standardize makes them.
    """

    synchronises: ClassVar[str] = "how many particles it says is known on the device alone"

    network: Network
    """The encoder, of any inputs; its ``output`` names the list that is said."""
    target: Input
    """True list, jagged ``[n, F]``, in an order that can be learned, as hardest first."""
    most: int = parameter(10, ge=1)
    """Longest list that is said; a longer true one is an error."""
    width: int = parameter(64, ge=1)
    """Width of the decoder's state, and of what the encoder hands to it."""
    stop: float = parameter(1.0, gt=0)
    """Weight of the cross-entropy of stopping."""

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The list that is said, of the features of the target; ``WiringError`` when that is no list."""
        super().declare(columns)
        need_event_answers(self.network, self.label)
        kind = columns.need(self.target, self.label)
        if not kind.jagged or len(kind.shape) > 1:
            raise WiringError(
                f"{self.label}: target '{self.target}' is {kind}; a list of particles (a jagged column) is needed"
            )
        return {self.network.output: ColumnType("float32", (kind.width,), True, kind.members)}

    def build(self, columns: Columns) -> nn.Module:
        """Encoder and decoder."""
        from hepdl_training.teller import Teller

        encoder = self.network.build(columns, self.width)
        return Teller(encoder, self.width, columns.need(self.target, self.label).width)

    def execute(self, events: Events) -> dict[str, Column]:
        """The list, said freely."""
        said, length = self.module.say(self._inputs(events), self.most)
        return {self.network.output: _packed(said, length)}

    def fit(self, train: Rows, validate: Rows) -> None:
        """Train; raises :class:`BadValues` for true lists longer than ``most``."""
        self.need_validation(validate)
        self.network.prepare(self.module.encoder, train, validate, self.job)
        weighting = Weighting(self.weight, self.negative_weights).fit(train, self.job)
        for rows in (train, validate):
            self._need_short(rows)
        names = self.reads()

        def losses(module: nn.Module, events: Events) -> Metrics:
            return {"loss": weighted_mean(self._loss(module, events), weighting(events))}

        def check(module: nn.Module) -> Metrics:
            return {"loss": self._over(module, validate, weighting)}

        self.minimise(names, train, validate, losses, check)

    def _inputs(self, events: Events) -> list[Column]:
        return [events[name] for name in self.network.arguments]

    def _loss(self, module: nn.Module, events: Events) -> torch.Tensor:
        """Of each event ``[N]``, taught."""
        from torch.nn import functional

        truth, there = _padded(events[self.target], self.most)
        said, stops = module(self._inputs(events), truth)
        distance = (said - truth).square().sum(2) * there
        steps = functional.pad(there, (1, 0), value=True)
        ends = ~functional.pad(there, (0, 1))
        surprise = functional.binary_cross_entropy_with_logits(stops, ends.to(stops), reduction="none")
        return distance.sum(1) + self.stop * (surprise * steps).sum(1)

    def _over(self, module: nn.Module, rows: Rows, weighting: Weighting) -> torch.Tensor:
        """Weighted mean over a part, network in eval mode."""
        import torch

        was_training, total = module.training, torch.zeros(2, device=rows.device)
        module.eval()
        with torch.no_grad():
            for events in rows.batches(self.reads(), BLOCK):
                weight = weighting(events)
                total += torch.stack([(self._loss(module, events) * weight).sum(), weight.sum()])
        module.train(was_training)
        return total[0] / total[1]

    def _need_short(self, rows: Rows) -> None:
        longest = rows.everything([self.target])[self.target].longest if len(rows) else 0
        if longest > self.most:
            raise BadValues(
                f"{self.label}: a list '{self.target}' has {longest} particles, but at most {self.most} can be said "
                f"(most={self.most}); raise most, or cut the lists with Particles(..., most={self.most})"
            )


def _padded(particles: Jagged, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """``[N, most, F]`` and whether there is a particle ``[N, most]``."""
    values, there = particles.padded(most)
    return values if values.dim() == 3 else values[..., None], there


def _packed(said: torch.Tensor, length: torch.Tensor) -> Jagged:
    import torch

    there = torch.arange(said.shape[1], device=said.device) < length[:, None]
    offsets = torch.cat([length.new_zeros(1), length.cumsum(0)])
    return Jagged(said[there], offsets)
