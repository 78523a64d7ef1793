"""Graph convolutions of torch-geometric, such that none waits for the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torch_geometric.nn import EdgeConv, GATConv, GATv2Conv, GCNConv, GINConv, SAGEConv

from hepdl_networks.edges import Edges, with_loops
from hepdl_networks.layers import ACTIVATIONS

LOOPED = ("GCN", "GAT", "GATv2")
"""Convolutions that see the particle itself through an edge of its own. Theirs would wait for the device."""


class GraphLayers(nn.Module):
    """Convolutions along the edges, an activation behind each."""

    def __init__(self, kind: str, inputs: int, widths: Sequence[int], activation: str, heads: int) -> None:
        super().__init__()
        self._looped = kind in LOOPED
        self.convolutions = nn.ModuleList()
        for width in widths:
            self.convolutions.append(CONVOLUTIONS[kind](inputs, width, activation, heads))
            inputs = width
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x: torch.Tensor, edges: Edges) -> torch.Tensor:
        """``[n, W]`` from ``[n, F]``."""
        edges = with_loops(edges) if self._looped else edges
        index = torch.stack([edges.source, edges.target])
        for convolution in self.convolutions:
            x = self.activation(convolution(x, index))
        return x


def _two_layers(inputs: int, width: int, activation: str) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, width), ACTIVATIONS[activation](), nn.Linear(width, width))


def _attention(kind: type[nn.Module]) -> Callable[[int, int, str, int], nn.Module]:
    return lambda inputs, width, _, heads: kind(inputs, width // heads, heads, add_self_loops=False)


CONVOLUTIONS: dict[str, Callable[[int, int, str, int], nn.Module]] = {
    "GCN": lambda inputs, width, *_: GCNConv(inputs, width, add_self_loops=False),
    "GAT": _attention(GATConv),
    "GATv2": _attention(GATv2Conv),
    "EdgeConv": lambda inputs, width, activation, _: EdgeConv(_two_layers(2 * inputs, width, activation)),
    "GIN": lambda inputs, width, activation, _: GINConv(_two_layers(inputs, width, activation), train_eps=True),
    "SAGE": lambda inputs, width, *_: SAGEConv(inputs, width),
}
"""Name → from features before, features behind, activation and heads to the convolution."""
