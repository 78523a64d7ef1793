"""EdgeConv (arXiv:1801.07829) as ParticleNet has it (arXiv:1902.08570), over packed particles."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from hepdl_networks.edges import Edges
from hepdl_networks.layers import ACTIVATIONS


class EdgeConvolution(nn.Module):
    """Layers over each edge, their mean at each particle, and a shortcut beside them.

    An edge from j to i has the features ``(x_i, x_j − x_i)``. The first layer, ``A x_i + B (x_j − x_i)``, is two
    products for each particle, ``(A − B) x_i`` and ``B x_j``, that are added for each edge: the same function for a
    ``k``-th of the work.
    """

    def __init__(self, inputs: int, widths: Sequence[int], activation: str = "relu") -> None:
        super().__init__()
        pairs = zip([2 * inputs, *widths[:-1]], widths, strict=True)
        self.layers = nn.ModuleList(nn.Linear(before, width, bias=False) for before, width in pairs)
        self.norms = nn.ModuleList(BatchNorm(width) for width in widths)
        self.shortcut, self.shortcut_norm = nn.Linear(inputs, widths[-1], bias=False), BatchNorm(widths[-1])
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x: torch.Tensor, edges: Edges) -> torch.Tensor:
        """``[n, W]`` from ``[n, F]``."""
        (_, *layers), (norm, *norms) = self.layers, self.norms
        hidden = self.activation(norm(self._first(x, edges)))
        for layer, norm in zip(layers, norms, strict=True):
            hidden = self.activation(norm(layer(hidden)))
        return self.activation(edges.mean(hidden) + self.shortcut_norm(self.shortcut(x)))

    def _first(self, x: torch.Tensor, edges: Edges) -> torch.Tensor:
        of_target, of_difference = self.layers[0].weight.chunk(2, 1)
        at_target = functional.linear(x, of_target - of_difference)
        return edges.pairs(at_target, functional.linear(x, of_difference))


class BatchNorm(nn.BatchNorm1d):
    """Batch norm over the rows ``[n, F]``; fewer than two have no width and are normalised as outside training."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``[n, F]``."""
        if len(x) > 1:
            return super().forward(x)
        return functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
