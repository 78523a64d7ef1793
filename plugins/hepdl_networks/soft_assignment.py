"""Pooling by soft assignment to learned clusters."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class SoftAssignment(nn.Module):
    """NetVLAD (arXiv:1511.07247): the pixels of an image ``[N, C, ...]``, each a point with C coordinates, are shared
    out among K clusters; each cluster answers the sum of the distances to its centre. ``[N, K C]``.
    """

    def __init__(self, channels: int, clusters: int) -> None:
        super().__init__()
        self.share = nn.Linear(channels, clusters)
        self.centres = nn.Parameter(torch.randn(clusters, channels) / channels**0.5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Of length 1, and each cluster before that (equations 4 and intra-normalisation)."""
        points = image.flatten(2).transpose(1, 2)
        share = self.share(points).softmax(2)
        distances = share.transpose(1, 2) @ points - share.sum(1)[:, :, None] * self.centres
        return functional.normalize(functional.normalize(distances, dim=2).flatten(1), dim=1)
