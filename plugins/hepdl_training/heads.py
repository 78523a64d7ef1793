"""Torch modules of a network with one trunk and several heads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from hepdl.events import Column, Jagged
from hepdl.learning.pairs import pairs_of


class Head(nn.Module):
    """Dense layers of one task, over events, particles or pairs of particles."""

    def __init__(self, level: str, widths: tuple[int, int], layers: Sequence[int], outputs: int) -> None:
        """``widths`` are the numbers of features of an event and of a particle."""
        super().__init__()
        self.level = level
        event, particle = widths
        inputs = event + {"event": 0, "particle": particle, "pair": 2 * particle}[level]
        self.layers = nn.Sequential()
        for width in layers:
            self.layers.extend([nn.Linear(inputs, width), nn.ReLU()])
            inputs = width
        self.layers.append(nn.Linear(inputs, outputs))

    def forward(self, event: torch.Tensor, particles: Jagged | None) -> Column:
        """``[N, outputs]``, or a list of ``[n, outputs]``."""
        if self.level == "event" or particles is None:
            return self.layers(event)
        index = particles.event_index()
        if self.level == "particle":
            return particles.with_values(self.layers(torch.cat([particles.values, event[index]], 1)))
        pairs = pairs_of(particles)
        one, other = particles.values[pairs.first], particles.values[pairs.second]
        both = torch.cat([one + other, (one - other).abs(), event[index[pairs.first]]], 1)
        return pairs.jagged(self.layers(both))


class Heads(nn.Module):
    """A trunk and the heads of all tasks; ``log_variance`` ``[tasks]`` is there when their weights are learned."""

    def __init__(self, trunk: nn.Module, heads: Sequence[Head], learned: bool) -> None:
        super().__init__()
        self.trunk, self.heads = trunk, nn.ModuleList(heads)
        self.log_variance = nn.Parameter(torch.zeros(len(heads))) if learned else None

    def forward(self, *columns: Column) -> list[Column]:
        """What each head answers, without activation."""
        event, particles = self.trunk(*columns)
        event = functional.relu(event)
        return [head(event, particles) for head in self.heads]
