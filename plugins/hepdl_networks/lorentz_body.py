"""The torch module of :class:`hepdl_networks.lorentz_network.LorentzNetwork`, below its dense layers."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from hepdl.events import Jagged
from hepdl.learning.equal_lengths import need_equal_lengths
from hepdl_networks.layers import ACTIVATIONS, BatchNorm
from hepdl_networks.momenta import Components, components_of, four_vectors, product
from hepdl_networks.pairs import all_pairs
from hepdl_networks.segments import segment_sum

STEP = 1e-3
"""c of arXiv:2201.08187: how far a vector goes in a block."""


class LorentzBody(nn.Module):
    """Scalars and a four-vector of each particle, both changed in each block."""

    def __init__(self, features: int, width: int, blocks: int, activation: str, components: Components) -> None:
        super().__init__()
        self.embed, self.components = nn.Linear(features, width), components
        self.blocks = nn.ModuleList(
            LorentzBlock(features, width, activation, moves=number < blocks - 1) for number in range(blocks)
        )

    def forward(self, particles: Jagged, *momenta: Jagged) -> Jagged:
        """A list of ``[n, W]``; waits for the device as :attr:`Jagged.longest` does."""
        need_equal_lengths([particles, *momenta])
        scalars, vectors = self.embed(particles.values), four_vectors(components_of(momenta), self.components)
        first, second = all_pairs(particles)
        counts = particles.lengths[particles.event_index()]
        ends = functional.pad(counts.cumsum(0), (1, 0))
        for block in self.blocks:
            scalars, vectors = block(scalars, vectors, particles.values, (first, second, ends))
        return particles.with_values(scalars)


class LorentzBlock(nn.Module):
    """One Lorentz group equivariant block: messages of pairs from invariants, then new scalars and vectors.

    A particle sends itself a message too, which tells its mass.
    """

    def __init__(self, features: int, width: int, activation: str, moves: bool) -> None:
        super().__init__()
        active = ACTIVATIONS[activation]
        self.receiver, self.sender, self.invariants = (nn.Linear(n, width, bias=False) for n in (width, width, 2))
        self.message = nn.Sequential(BatchNorm(width), active(), nn.Linear(width, width), active())
        self.gate = nn.Linear(width, 1)
        self.scalar = nn.Sequential(
            nn.Linear(2 * width + features, width), BatchNorm(width), active(), nn.Linear(width, width)
        )
        self.vector = nn.Sequential(nn.Linear(width, width), active(), nn.Linear(width, 1, bias=False))
        if not moves:
            self.vector = None

    def forward(
        self, scalars: torch.Tensor, vectors: torch.Tensor, features: torch.Tensor,
        pairs: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    ) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
        """``[n, W]`` and ``[n, 4]`` → the same; pairs are both particles and where those of each first one end."""
        first, second, ends = pairs
        one, other = vectors[first], vectors[second]
        invariants = squeezed(torch.cat([product(one - other, one - other), product(one, other)], 1))
        sums = self.receiver(scalars)[first] + self.sender(scalars)[second]
        message = self.message(sums + self.invariants(invariants.to(sums.dtype)))
        message = message * self.gate(message).sigmoid()
        found = segment_sum(message, ends)
        if self.vector is not None:
            vectors = vectors + STEP * segment_sum(self.vector(message).to(vectors.dtype) * other, ends)
        return scalars + self.scalar(torch.cat([scalars, found, features], 1)), vectors


def squeezed(invariants: torch.Tensor) -> torch.Tensor:
    """ψ(x) = sgn(x) ln(|x| + 1) of products that range over many orders of magnitude."""
    return invariants.sign() * invariants.abs().log1p()
