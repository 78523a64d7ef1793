"""The torch modules of :class:`hepdl_networks.particle_net.ParticleNet`."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from hepdl.events import Jagged
from hepdl_networks.edge_convolution import BatchNorm, EdgeConvolution
from hepdl_networks.neighbours import nearest


class ParticleNetBody(nn.Module):
    """Edge convolutions, each on the graph of the nearest neighbours in what the one before it gave."""

    def __init__(self, features: int, blocks: Sequence[Sequence[int]], k: int, activation: str) -> None:
        super().__init__()
        self.k, self.norm = k, BatchNorm(features)
        inputs = [features, *(widths[-1] for widths in blocks[:-1])]
        made = (EdgeConvolution(width, widths, activation) for width, widths in zip(inputs, blocks, strict=True))
        self.blocks = nn.ModuleList(made)

    def forward(self, particles: Jagged, coordinates: Jagged) -> Jagged:
        """A list of ``[n, W]``; neighbours of the first graph are those in ``coordinates``."""
        points, x = coordinates, self.norm(particles.values)
        for block in self.blocks:
            x = block(x, nearest(points, self.k))
            points = particles.with_values(x)
        return points
