"""Recurrent: a network that reads the particles of an event one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl_networks.particle_network import ParticleNetwork

if TYPE_CHECKING:
    from torch import nn

CellName = Literal["tanh", "LSTM", "GRU"]


class SequenceNetwork(ParticleNetwork):
    """What networks that read particles in their order have in common."""

    collect: Literal["last", "sum", "mean", "max", "attention"] = "last"
    """What the dense layers see of an event: the state behind the last particle (and, of a backward layer, behind the
    first), the sum, mean or maximum of all states, or their mean with learned weights (additive attention,
    arXiv:1409.0473). An event without particles gets 0."""

    def collector(self, width: int) -> nn.Module:
        """How the states of an event are put together."""
        from hepdl_networks.collectors import Ends

        return Ends(self.forward_width(width)) if self.collect == "last" else super().collector(width)

    def forward_width(self, width: int) -> int:
        """How many of the ``width`` features of a particle come from those before it; the others from those behind."""
        return width


class Recurrent(SequenceNetwork):
    """Stacked recurrent layers over the particles in their order, then dense layers: the LSTM of arXiv:1711.09059 is
    ``Recurrent(inputs=["particles"], layers=[128], head=[64])``.

    Order and greatest length are those of the list: ``Particles(..., most=40, sort="-part_pt")`` sets both, and counts
    what it leaves out. Lists are run side by side up to the longest of the batch, and no particle sees what comes after
    the end of its list.
    """

    cell: CellName = "LSTM"
    """What a layer is made of: a plain recurrence with tanh, long short-term memory (Hochreiter and Schmidhuber, 1997),
    or gated recurrent units (arXiv:1406.1078)."""
    layers: list[int] = parameter([64], min_length=1)
    """Width of the state of each layer, the first one reads the particles."""
    bidirectional: bool = False
    """Whether each layer also reads the list backwards, with weights of its own; its width then counts twice."""
    dropout: float = parameter(0.0, ge=0, lt=1)
    """Probability with which a number between two recurrent layers, or a hidden unit of the dense ones, is switched off
    in training."""

    @model_validator(mode="after")
    def _check_layers(self) -> Self:
        if any(width < 1 for width in self.layers):
            raise ValueError(f"each recurrent layer needs at least one unit, layers is {self.layers}")
        return self

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.recurrence.Recurrence`; it gives the states of the last layer."""
        from hepdl_networks.recurrence import Recurrence

        body = Recurrence(self.cell, features, self.layers, self.bidirectional, self.dropout)
        return body, body.width

    def forward_width(self, width: int) -> int:
        """Half of them, when there are backward layers."""
        return self.layers[-1]
