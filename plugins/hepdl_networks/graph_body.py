"""The torch module of a network over a graph: build the graph, then its layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl.learning.equal_lengths import need_equal_lengths
from hepdl_networks.edges import Edges, everyone, given
from hepdl_networks.layers import side_by_side
from hepdl_networks.neighbours import nearest, within

Build = Callable[..., Edges]
"""From the particles and the further columns to edges among the particles, maybe with one more that is nowhere."""


class GraphBody(nn.Module):
    """Builds the graph and gives what its layers make of the particles, or of the two ends of each edge.

    The last ``features`` of the further columns are features of the edges of a list, which is the column before them.
    """

    def __init__(self, build: Build, layers: nn.Module, of_edges: bool = False, features: int = 0) -> None:
        super().__init__()
        self._build, self.layers, self._of_edges, self._features = build, layers, of_edges, features

    def forward(self, particles: Jagged, *columns: Jagged) -> Jagged:
        """A list of ``[n, W]``; of the edges, ``[m, 2 W + R]``: source, target and the features of the edge."""
        graph, lists = columns[: len(columns) - self._features], columns[len(columns) - self._features :]
        if lists:
            need_equal_lengths([graph[0], *lists])
        edges, x, n = self._build(particles, *graph), particles.values, particles.values.shape[0]
        own = [side_by_side([each.values for each in lists])] if lists else []
        if edges.n > n:
            x = torch.cat([x, x.new_zeros(edges.n - n, x.shape[1])])
        hidden = self.layers(x, edges, *own)
        if self._of_edges:
            ends = [hidden.index_select(0, end) for end in (edges.source, edges.target)]
            return graph[0].with_values(torch.cat([*ends, *own], 1))
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
