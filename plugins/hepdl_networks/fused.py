"""The torch module of :class:`hepdl_networks.fusion.Fusion`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


class Fused(nn.Module):
    """Several modules, each on its own inputs, and a dense module over their results side by side."""

    def __init__(
        self, modules: Sequence[nn.Module], places: Sequence[Sequence[int]], activation: nn.Module, dense: nn.Module
    ) -> None:
        super().__init__()
        self.networks, self.places = nn.ModuleList(modules), places
        self.activation, self.dense = activation, dense

    def forward(self, *columns: object) -> torch.Tensor:
        """``[N, outputs]``, without activation."""
        each = zip(self.networks, self.places, strict=True)
        results = [self.activation(network(*[columns[i] for i in places])) for network, places in each]
        answer: torch.Tensor = self.dense(*results)
        return answer
