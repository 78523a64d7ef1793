"""Sparse coding: an image as a sum of a few learned patterns."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

TRANSPOSED = {1: nn.functional.conv_transpose1d, 2: nn.functional.conv_transpose2d, 3: nn.functional.conv_transpose3d}
PLAIN = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}


class SparseCoding(nn.Module):
    """The code z ≥ 0 ``[N, filters, ...]`` that lowers ½|x − D z|² + λ Σ z for images x ``[N, C, ...]``.

    D z is the sum of learned patterns at all places. A few steps of iterative shrinkage (Gregor and LeCun, ICML 2010)
    are layers with shared weights; patterns and λ, one for each filter, are trained with the network.
    """

    def __init__(self, patterns: torch.Tensor, threshold: float = 0.01, steps: int = 3) -> None:
        """From the first patterns ``[filters, C, kernel, ...]``, with odd kernels."""
        super().__init__()
        self.patterns = nn.Parameter(patterns)
        self.threshold = nn.Parameter(patterns.new_full((len(patterns), *[1] * (patterns.dim() - 2)), threshold))
        self.steps, self.padding = steps, patterns.shape[-1] // 2

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """``[N, filters, ...]`` of the same size."""
        cells = self.patterns[0, 0].numel()
        curvature = cells * self.patterns.square().sum()  # not below the largest eigenvalue of Dᵀ D
        code = functional.relu((self.found(image) - self.threshold.abs()) / curvature)
        for _ in range(self.steps - 1):
            missing = self.found(image - self.sum(code))
            code = functional.relu(code + (missing - self.threshold.abs()) / curvature)
        return code

    def found(self, image: torch.Tensor) -> torch.Tensor:
        """Dᵀ x: how much of each pattern there is at each place."""
        return PLAIN[image.dim() - 2](image, self.patterns, padding=self.padding)

    def sum(self, code: torch.Tensor) -> torch.Tensor:
        """D z: the image of a code."""
        return TRANSPOSED[code.dim() - 2](code, self.patterns, padding=self.padding)
