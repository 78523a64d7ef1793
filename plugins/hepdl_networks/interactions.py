"""The torch modules of :class:`hepdl_networks.interaction_network.InteractionNetwork`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from hepdl_networks.edges import Edges
from hepdl_networks.layers import ACTIVATIONS


class Interaction(nn.Module):
    """``x_i → φ_O(x_i, Σ_j φ_R(x_i, x_j))`` over the edges j → i, an activation behind each layer.

    The first layer of φ_R is a product for each particle in each of its two places, added for each edge.
    """

    def __init__(
        self, inputs: int, of_edge: Sequence[int], of_node: Sequence[int], activation: str, mean: bool
    ) -> None:
        super().__init__()
        self.edge_layers, self.node_layers = _layers(2 * inputs, of_edge), _layers(inputs + of_edge[-1], of_node)
        self.activation, self._mean = ACTIVATIONS[activation](), mean

    def forward(self, x: torch.Tensor, edges: Edges) -> torch.Tensor:
        """``[n, W]`` from ``[n, F]``."""
        first, *others = self.edge_layers
        of_target, of_source = first.weight.chunk(2, 1)
        at_target, at_source = functional.linear(x, of_target, first.bias), functional.linear(x, of_source)
        effects = self._through(others, self.activation(edges.pairs(at_target, at_source)))
        collected = edges.mean(effects) if self._mean else edges.sum(effects)
        return self._through(self.node_layers, torch.cat([x, collected], 1))

    def _through(self, layers: Sequence[nn.Module] | nn.ModuleList, hidden: torch.Tensor) -> torch.Tensor:
        for layer in layers:
            hidden = self.activation(layer(hidden))
        return hidden


class Interactions(nn.Module):
    """Interactions one after the other on the same edges."""

    def __init__(self, steps: Sequence[Interaction]) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)

    def forward(self, x: torch.Tensor, edges: Edges) -> torch.Tensor:
        """``[n, W]`` from ``[n, F]``."""
        for step in self.steps:
            x = step(x, edges)
        return x


def _layers(inputs: int, widths: Sequence[int]) -> nn.ModuleList:
    return nn.ModuleList(nn.Linear(*pair) for pair in zip([inputs, *widths[:-1]], widths, strict=True))
