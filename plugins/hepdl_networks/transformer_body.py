"""The torch module of :class:`hepdl_networks.particle_transformer.ParticleTransformer`, below its dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl.learning.equal_lengths import need_equal_lengths
from hepdl_networks.attention import ClassBlock, ParticleBlock
from hepdl_networks.layers import ACTIVATIONS, BatchNorm, Perceptron
from hepdl_networks.momenta import Components, components_of, kinematics
from hepdl_networks.pair_features import pair_features
from hepdl_networks.pairs import lower_pairs, lower_table
from hepdl_networks.slots import Slots

if TYPE_CHECKING:
    from hepdl_networks.particle_transformer import ParticleTransformer


class TransformerBody(nn.Module):
    """Embedding, then attention among particles, normalised at the end unless a class token follows."""

    def __init__(self, description: ParticleTransformer, features: int, token: bool) -> None:
        super().__init__()
        d = description
        self.embed = embedding(features, [*d.embed, d.width], d.activation)
        self.pairs = PairBias(d.pair_embed, d.heads, d.activation, d.components) if d.momenta else None
        hidden = d.expansion * d.width
        self.blocks = nn.ModuleList(
            ParticleBlock(d.width, d.heads, hidden, d.activation, d.dropout) for _ in range(d.blocks)
        )
        self.norm: nn.Module = nn.Identity() if token else nn.LayerNorm(d.width)

    def forward(self, particles: Jagged, *momenta: Jagged) -> Jagged:
        """A list of ``[n, W]``."""
        need_equal_lengths([particles, *momenta])
        slots, values = Slots(particles), self.embed(particles.values)
        mask = slots.visible()[:, None] if self.pairs is None else self.pairs(particles, momenta, slots)
        for block in self.blocks:
            values = block(values, slots, mask)
        return particles.with_values(self.norm(values))


class ClassAttention(nn.Module):
    """Collects particles by a class token that attends to them."""

    def __init__(self, description: ParticleTransformer) -> None:
        super().__init__()
        d = description
        hidden = d.expansion * d.width
        self.blocks = nn.ModuleList(
            ClassBlock(d.width, d.heads, hidden, d.activation, 0.0) for _ in range(d.class_blocks)
        )
        self.token = nn.Parameter(torch.empty(d.width))
        nn.init.trunc_normal_(self.token, std=0.02)
        self.norm = nn.LayerNorm(d.width)

    def forward(self, particles: Jagged) -> torch.Tensor:
        """``[N, W]``."""
        slots, token = Slots(particles), self.token.expand(len(particles), -1)
        for block in self.blocks:
            token = block(token, particles.values, slots)
        result: torch.Tensor = self.norm(token)
        return result


class PairBias(nn.Module):
    """What attention of each head adds for each pair of particles, from features of the pair."""

    def __init__(self, layers: list[int], heads: int, activation: str, components: Components) -> None:
        super().__init__()
        dense = Perceptron(4, layers, heads, [activation] * len(layers), batch_norm=True)
        self.embed, self.components = nn.Sequential(BatchNorm(4), dense, BatchNorm(heads)), components

    def forward(self, particles: Jagged, momenta: tuple[Jagged, ...], slots: Slots) -> torch.Tensor:
        """``[N, heads, P, P]``, −∞ for those who cannot be looked at. Pairs are embedded once, padding never."""
        each = kinematics(components_of(momenta), self.components)
        first, second = lower_pairs(particles)
        bias = self.embed(pair_features(each.of(first), each.of(second)))
        bias = torch.cat([bias, bias.new_zeros(1, bias.shape[1])])  # a row to look up where there is no pair
        table = lower_table(particles, slots.most)
        spread = bias.index_select(0, table.flatten()).view(*table.shape, bias.shape[1]).permute(0, 3, 1, 2)
        return torch.where(slots.visible()[:, None], spread, -torch.inf).contiguous()


def embedding(features: int, layers: list[int], activation: str) -> nn.Sequential:
    """Dense layers ``[n, features]`` → ``[n, layers[-1]]``, each normalised over its inputs.

    The features themselves are normalised over all particles: over themselves, as published, three would keep one
    degree of freedom and one none.
    """
    made = nn.Sequential(BatchNorm(features))
    for number, width in enumerate(layers):
        made.extend([nn.LayerNorm(features)] if number else [])
        made.extend([nn.Linear(features, width), ACTIVATIONS[activation]()])
        features = width
    return made
