"""Blocks of attention over particles and of a class token over particles."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from hepdl_networks.layers import ACTIVATIONS
from hepdl_networks.slots import Slots


class Attention(nn.Module):
    """Scaled dot-product attention with several heads, each with a learned scale."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query, self.key_value, self.out = (nn.Linear(width, out) for out in (width, 2 * width, width))
        self.scale = nn.Parameter(torch.ones(heads))
        for layer in (self.query, self.key_value):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, queries: torch.Tensor, keys_values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``[N, Q, W]`` and ``[N, K, 2 W]`` → ``[N, Q, W]``; mask ``[N, heads or 1, Q, K]`` adds a number or allows."""
        query, key, value = (self._split(each) for each in (queries, *keys_values.chunk(2, 2)))
        dropout = self.dropout if self.training else 0.0
        mask = mask if mask.dtype == torch.bool else mask.to(query.dtype)
        found = functional.scaled_dot_product_attention(query, key, value, mask, dropout)
        return found.transpose(1, 2).flatten(2)

    def result(self, found: torch.Tensor) -> torch.Tensor:
        """The last layer ``[m, W]`` and the scale of each head."""
        mixed = self.out(found)
        return (mixed.unflatten(1, (self.heads, -1)) * self.scale[:, None]).flatten(1)

    def _split(self, values: torch.Tensor) -> torch.Tensor:
        return values.unflatten(2, (self.heads, -1)).transpose(1, 2)


class Block(nn.Module):
    """Attention, then two dense layers, each around a residual, normalised before and after (arXiv:2110.09456)."""

    def __init__(self, width: int, heads: int, hidden: int, activation: str, dropout: float) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = Attention(width, heads, dropout)
        self.after = nn.Sequential(nn.LayerNorm(width), nn.Dropout(dropout))
        self.dense = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, hidden), ACTIVATIONS[activation](), nn.Dropout(dropout),
            nn.LayerNorm(hidden), nn.Linear(hidden, width), nn.Dropout(dropout),
        )  # fmt: skip
        self.kept = nn.Parameter(torch.ones(width))

    def onwards(self, values: torch.Tensor, found: torch.Tensor) -> torch.Tensor:
        """From ``[m, W]`` and what attention found for them to the result of the block."""
        values = values + self.after(self.attention.result(found))
        result: torch.Tensor = values * self.kept + self.dense(values)
        return result


class ParticleBlock(Block):
    """Particles look at the particles of their event. Only attention itself is padded; all layers see packed ones."""

    def forward(self, particles: torch.Tensor, slots: Slots, mask: torch.Tensor) -> torch.Tensor:
        """``[n, W]`` → ``[n, W]``; mask as for :class:`Attention`, over places."""
        seen = self.before(particles)
        layers = self.attention
        both = slots.padded(torch.cat([layers.query(seen), layers.key_value(seen)], 1))
        found = layers(both[..., : seen.shape[1]], both[..., seen.shape[1] :], mask)
        return self.onwards(particles, slots.packed(found))


class ClassBlock(Block):
    """A token looks at itself and at the particles of its event (class attention, arXiv:2103.17239)."""

    def forward(self, token: torch.Tensor, particles: torch.Tensor, slots: Slots) -> torch.Tensor:
        """``[N, W]`` and ``[n, W]`` → ``[N, W]``."""
        layers = self.attention
        own = layers.key_value(self.before(token))[:, None]
        theirs = slots.padded(layers.key_value(self.before(particles)))
        mask = functional.pad(slots.filled, (1, 0), value=True)[:, None, None]
        found = layers(layers.query(token)[:, None], torch.cat([own, theirs], 1), mask)
        return self.onwards(token, found[:, 0])
