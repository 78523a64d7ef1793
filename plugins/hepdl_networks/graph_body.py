"""The torch module of a network over a graph: build the graph, then its layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl_networks.edges import Edges, everyone, given
from hepdl_networks.neighbours import nearest, within

Build = Callable[..., Edges]
"""From the particles and the further columns to edges among the particles, maybe with one more that is nowhere."""


class GraphBody(nn.Module):
    """Builds the graph and gives what its layers make of the particles, or of the two ends of each edge."""

    def __init__(self, build: Build, layers: nn.Module, of_edges: bool = False) -> None:
        super().__init__()
        self._build, self.layers, self._of_edges = build, layers, of_edges

    def forward(self, particles: Jagged, *columns: Jagged) -> Jagged:
        """A list of ``[n, W]``; of the edges, ``[m, 2 W]``, source before target."""
        edges, n = self._build(particles, *columns), particles.values.shape[0]
        x = particles.values
        if edges.n > n:
            x = torch.cat([x, x.new_zeros(edges.n - n, x.shape[1])])
        hidden = self.layers(x, edges)
        if self._of_edges:
            return columns[0].with_values(torch.cat([hidden[edges.source], hidden[edges.target]], 1))
        return particles.with_values(hidden[:n])


@dataclass(frozen=True)
class Near:
    """Edges from the ``k`` nearest others, with a radius only from those inside it."""

    k: int
    radius: float | None = None

    def __call__(self, _: Jagged, coordinates: Jagged) -> Edges:
        """The edges."""
        if self.radius is None:
            return nearest(coordinates, self.k)
        return within(coordinates, self.radius, self.k)


def full(particles: Jagged) -> Edges:
    """Edges from all others."""
    return everyone(particles)


def of_list(particles: Jagged, edges: Jagged) -> Edges:
    """The edges of a list."""
    return given(particles, edges)
