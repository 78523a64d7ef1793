"""What convolutional networks are made of, as data: convolutions, poolings, branches, residual blocks, sparse codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

PoolName = Literal["max", "average", "L2"]

Size: TypeAlias = "int | tuple[int, ...]"
"""One number for all axes, or one for each."""


class Conv(NamedTuple):
    """A convolution, then batch norm where the network has it, then the activation."""

    filters: int
    kernel: Size
    stride: int = 1
    padding: Size = 0


class Pool(NamedTuple):
    """A pooling."""

    kind: PoolName
    kernel: int
    stride: int
    padding: int = 0
    ceil: bool = False
    """Count a window that hangs over the edge."""


class SparseCode(NamedTuple):
    """The code of an image in learned patterns, of its size."""

    filters: int
    kernel: int


class Branches(NamedTuple):
    """Several sequences on the same image, their results one after the other as channels."""

    sequences: tuple[tuple[Element, ...], ...]


class Residual(NamedTuple):
    """A residual block (arXiv:1512.03385): two 3×3 convolutions, or 1×1, 3×3 and 1×1 with four times the filters."""

    filters: int
    stride: int = 1
    bottleneck: bool = False


Element: TypeAlias = "Conv | Pool | SparseCode | Branches | Residual"


def same(filters: int, kernel: Size, stride: int = 1) -> Conv:
    """A convolution that keeps the size of the image (but for its stride)."""
    padding = kernel // 2 if isinstance(kernel, int) else tuple(k // 2 for k in kernel)
    return Conv(filters, kernel, stride, padding)


def branches(*sequences: Sequence[Element]) -> Branches:
    """Branches, each a list of elements."""
    return Branches(tuple(tuple(sequence) for sequence in sequences))
