"""A network as the trunk that several heads share."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from hepdl.jagged import Jagged

Shared = tuple[torch.Tensor, Jagged | None]
"""Features of each event ``[N, E]`` and, where the network has them, of each particle: a list ``[n, W]``."""


class Trunk(nn.Module):
    """A module whose answer for each event is features; it has none for particles."""

    particle_width = 0
    """``W``, the number of features of a particle; 0 when there are none."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *columns: Any) -> Shared:
        """``([N, E], None)``."""
        return self.network(*columns), None


def behind(trunk: nn.Module) -> nn.Module:
    """The module that ``Network.build`` makes, where a trunk holds one; else the trunk itself."""
    network = getattr(trunk, "network", trunk)
    assert isinstance(network, nn.Module)
    return network
