"""EnergyFlowNetwork: an infrared and collinear safe function of particles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hepdl.columns import Columns
from hepdl.description import Input, parameter
from hepdl_networks.particle_network import ParticleNetwork, need_numbers

if TYPE_CHECKING:
    from torch import nn


class EnergyFlowNetwork(ParticleNetwork):
    """F(Σ z Φ(angles)) with dense Φ and F, the energy flow network, EFN (arXiv:1810.05165).

    With angles as ``inputs`` and shares of the transverse momentum as ``weight`` it is infrared and collinear safe: a
    particle does not count as its share goes to 0, and two particles at one place count as their sum.
    """

    weight: Input
    """z: jagged column that each particle counts with, for example its share of the jet's pT."""
    layers: list[int] = parameter([100, 100, 256], min_length=1)
    """Width of each layer of Φ; the last one is what is summed."""
    head: list[int] = [100, 100, 100]
    """Width of each hidden layer of F."""
    collect: Literal["sum"] = "sum"
    """How the particles of an event are put together: only a sum is safe."""
    answers: Literal["event"] = "event"
    """It answers for each event: an answer for a soft particle would not be safe."""

    @property
    def body_columns(self) -> list[str]:
        """The weight."""
        return [self.weight]

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.sets.WeightedParticle`; ``WiringError`` when the weight is no number a particle."""
        from hepdl_networks.sets import WeightedParticle, phi

        need_numbers(columns, [self.weight], type(self).__name__, "weight")
        return WeightedParticle(phi(features, self.layers, self.activation)), self.layers[-1]
