"""DeepSets: a function of the sum over particles, the particle flow network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl_networks.choices import CollectName
from hepdl_networks.particle_network import ParticleNetwork

if TYPE_CHECKING:
    from torch import nn


class DeepSets(ParticleNetwork):
    """F(Σ Φ(particle)) with dense Φ and F: deep sets (arXiv:1703.06114), known as the particle flow network, PFN
    (arXiv:1810.05165). The order of the particles does not matter.

    An answer for each particle is F of Φ(particle) beside what is collected from its event.
    """

    layers: list[int] = parameter([100, 100, 256], min_length=1)
    """Width of each layer of Φ; the last one is what is summed."""
    head: list[int] = [100, 100, 100]
    """Width of each hidden layer of F."""
    collect: CollectName = "sum"
    """How the particles of an event are put together: ``attention`` is a mean with learned weights (arXiv:1409.0473);
    an event without particles gets 0."""
    batch_norm: bool = False
    """Normalise the features and each layer of Φ over all particles of a batch."""

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """An :class:`~hepdl_networks.sets.EachParticle`."""
        from hepdl_networks.sets import EachParticle, phi

        each, width = phi(features, self.layers, self.activation, self.batch_norm), self.layers[-1]
        if not self.per_particle:
            return EachParticle(each), width
        return EachParticle(each, self.collector(width)), 2 * width
