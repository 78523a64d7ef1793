"""Torch modules of convolutional elements: the trunk of a network, below its dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from hepdl_networks.elements import Conv, Element, Pool, Residual, SparseCode
from hepdl_networks.layers import ACTIVATIONS
from hepdl_networks.sparse_coding import SparseCoding

CONVOLUTIONS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
MAXIMA = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
MEANS = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
TINY = 1e-12
"""Keeps the slope of the root finite where an image is empty."""


@dataclass(frozen=True)
class Style:
    """What all convolutions of a network have in common."""

    dimensions: int = 2
    activation: str = "relu"
    batch_norm: float = 0.0
    width: float = 1.0
    """Factor on the number of filters."""

    def filters(self, published: int) -> int:
        """The number of filters at this width."""
        return max(1, round(published * self.width))

    def convolution(self, channels: int, element: Conv, active: bool = True) -> nn.Sequential:
        """Convolution, batch norm, activation; without a bias where a batch norm follows."""
        made, filters = nn.Sequential(), self.filters(element.filters)
        made.append(
            CONVOLUTIONS[self.dimensions](
                channels, filters, element.kernel, element.stride, element.padding, bias=not self.batch_norm
            )
        )
        if self.batch_norm:
            made.append(NORMS[self.dimensions](filters, eps=self.batch_norm))
        if active:
            made.append(ACTIVATIONS[self.activation]())
        return made

    def pooling(self, pool: Pool) -> nn.Module:
        """The pooling."""
        if pool.kind == "max":
            return MAXIMA[self.dimensions](pool.kernel, pool.stride, pool.padding, ceil_mode=pool.ceil)
        mean = MEANS[self.dimensions](pool.kernel, pool.stride, pool.padding, pool.ceil)
        return mean if pool.kind == "average" else RootMeanSquare(mean, pool.kernel**self.dimensions)

    def sequence(self, channels: int, elements: Sequence[Element]) -> tuple[nn.Sequential, int]:
        """The elements one after the other, and the number of channels that come out."""
        made = nn.Sequential()
        for element in elements:
            module, channels = self.element(channels, element)
            made.append(module)
        return made, channels

    def element(self, channels: int, element: Element) -> tuple[nn.Module, int]:
        """One element, and the number of channels that come out."""
        if isinstance(element, Pool):
            return self.pooling(element), channels
        if isinstance(element, Conv):
            return self.convolution(channels, element), self.filters(element.filters)
        if isinstance(element, SparseCode):
            first = CONVOLUTIONS[self.dimensions](channels, self.filters(element.filters), element.kernel)
            return SparseCoding(first.weight.detach()), first.out_channels
        if isinstance(element, Residual):
            block = ResidualBlock(self, channels, element)
            return block, block.channels
        made = [self.sequence(channels, sequence) for sequence in element.sequences]
        return Concatenation([module for module, _ in made]), sum(n for _, n in made)


class RootMeanSquare(nn.Module):
    """L2 pooling: the root of the sum of squares in each window."""

    def __init__(self, mean: nn.Module, cells: int) -> None:
        super().__init__()
        self.mean, self.cells = mean, cells

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """``[N, C, ...]``, smaller."""
        result: torch.Tensor = (self.mean(image.square()) * self.cells + TINY).sqrt()
        return result


class Concatenation(nn.ModuleList):
    """The results of several modules on one image, one after the other as channels."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """``[N, sum of channels, ...]``."""
        return torch.cat([branch(image) for branch in self], 1)


class ResidualBlock(nn.Module):
    """A few convolutions whose result is added to their input."""

    def __init__(self, style: Style, channels: int, block: Residual) -> None:
        super().__init__()
        self.channels = style.filters(4 * block.filters if block.bottleneck else block.filters)
        *hidden, last = _convolutions(block)
        self.inner, inside = style.sequence(channels, hidden)
        self.inner.append(style.convolution(inside, last, active=False))
        self.shortcut: nn.Module = nn.Identity()
        if block.stride > 1 or channels != self.channels:
            self.shortcut = style.convolution(channels, Conv(last.filters, 1, block.stride), active=False)
        self.activation = ACTIVATIONS[style.activation]()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """``[N, filters, ...]``."""
        result: torch.Tensor = self.activation(self.inner(image) + self.shortcut(image))
        return result


def _convolutions(block: Residual) -> list[Conv]:
    if block.bottleneck:
        return [Conv(block.filters, 1), Conv(block.filters, 3, block.stride, 1), Conv(4 * block.filters, 1)]
    return [Conv(block.filters, 3, block.stride, 1), Conv(block.filters, 3, 1, 1)]
