"""Torch modules of a network with one trunk and several heads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from hepdl.events import Column, Jagged
from hepdl.learning.pairs import pairs_of


class Head(nn.Module):
    """Dense layers of one task, over events, particles or pairs of particles.

    The first layer is a sum over what it sees, worked out once for each event and once for each particle. Of a pair it
    sees the sum of both particles and the absolute difference of another linear function of each, so that neither is
    the first.
    """

    def __init__(self, level: str, widths: tuple[int, int], layers: Sequence[int], outputs: int) -> None:
        """``widths`` are the numbers of features of an event and of a particle."""
        super().__init__()
        self.level = level
        event, particle = widths
        self.width, *others = [*layers, outputs]
        self.event = nn.Linear(event, self.width)
        if level != "event":
            self.particle = nn.Linear(particle, self.width * (2 if level == "pair" else 1), bias=False)
        self.layers, inputs = nn.Sequential(), self.width
        for width in others:
            self.layers.extend([nn.ReLU(), nn.Linear(inputs, width)])
            inputs = width

    def forward(self, event: torch.Tensor, particles: Jagged | None) -> Column:
        """``[N, outputs]``, or a list of ``[n, outputs]``."""
        hidden = self.event(event)
        if self.level == "event" or particles is None:
            return self.layers(hidden)
        index, each = particles.event_index(), self.particle(particles.values)
        if self.level == "particle":
            return particles.with_values(self.layers(hidden[index] + each))
        pairs = pairs_of(particles)
        summed, compared = each[:, : self.width], each[:, self.width :]
        summed = summed + 0.5 * hidden[index]
        both = summed[pairs.first] + summed[pairs.second]
        return pairs.jagged(self.layers(both + (compared[pairs.first] - compared[pairs.second]).abs()))


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
