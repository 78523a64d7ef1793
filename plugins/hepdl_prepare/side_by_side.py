"""Columns side by side on the device: the torch module of :class:`hepdl_prepare.group.Group`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


class SideBySide(nn.Module):
    """Columns ``[N]`` or ``[N, F]`` as one ``[N, sum of F]`` float32."""

    def forward(self, *columns: torch.Tensor) -> torch.Tensor:
        """The group."""
        return side_by_side(columns, torch.float32)


def side_by_side(columns: Sequence[torch.Tensor], dtype: torch.dtype) -> torch.Tensor:
    """Columns ``[N]`` or ``[N, F]`` as one ``[N, sum of F]`` of this type."""
    return torch.cat([c.to(dtype) if c.dim() > 1 else c.to(dtype)[:, None] for c in columns], dim=1)
