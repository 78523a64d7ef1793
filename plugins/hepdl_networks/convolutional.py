"""Convolutional: a stack of convolutions and poolings below dense layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, Self, get_args

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.learning.parts import Network
from hepdl_networks.choices import ActivationName, InitialisationName
from hepdl_networks.elements import Element, Pool, PoolName, SparseCode, same
from hepdl_networks.images import image_shape

if TYPE_CHECKING:
    from torch import nn

    from hepdl_networks.images import ImageShape

EPSILON = 1e-5


class Convolutional(Network):
    """Convolutions and poolings over images, in 1, 2 or 3 dimensions, then dense layers; the last has no activation.

    A column ``[C, H, W]`` is an image with C channels (layers of a detector), ``[C, D, H, W]`` one in three
    dimensions, ``[C, L]`` or ``[L]`` a waveform. Several columns of one size are stacked as channels.
    """

    layers: list[list[int | str]] = [[32, 11], ["max", 2], [32, 3], ["max", 3], [32, 3], ["max", 3]]
    """From the image on: a convolution ``[filters, kernel]`` or ``[filters, kernel, stride]``, which keeps the size
    but for its stride, or a pooling ``["max", kernel]``, ``["average", kernel, stride]`` or ``["L2", kernel]``,
    whose stride is its kernel unless given; the first layer may be a sparse coding ``["sparse", filters, kernel]``.
    The default is that of arXiv:1511.05190."""
    activation: ActivationName = "relu"
    """Activation behind each convolution and hidden dense layer."""
    batch_norm: bool = False
    """Normalise each convolution over the batch, before its activation."""
    collect: Literal["flatten", "mean", "max", "clusters"] = "flatten"
    """What the dense layers see of the last image: all of it, the mean or maximum of each channel, or its pixels
    softly assigned to learned clusters (arXiv:1511.07247)."""
    clusters: int = parameter(8, ge=1)
    """Number of clusters for collect="clusters"."""
    head: list[int] = [64]
    """Width of each hidden dense layer."""
    dropout: float = parameter(0.0, ge=0, lt=1)
    """Probability with which a hidden dense unit is switched off in training."""
    dimensions: int | None = parameter(None, ge=1, le=3)
    """Dimensions of the image; by default the axes of the column after the first one, its channels."""
    initialisation: InitialisationName = "default"
    """How weights start (biases then start at 0); ``default`` is torch's own."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for number, layer in enumerate(self.layers):
            if isinstance(_element(layer), SparseCode) and number:
                raise ValueError(f"a sparse coding {layer} is of the image itself: it can only be the first layer")
        if any(width < 1 for width in self.head):
            raise ValueError(f"each dense layer needs at least one unit, head is {self.head}")
        return self

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """A :class:`~hepdl_networks.convolved.Convolved`; ``WiringError`` when the image is too small for it."""
        from hepdl_networks.convolved import Convolved, need_size
        from hepdl_networks.layers import initialise

        image = image_shape(columns, self.inputs, "Convolutional", self.dimensions)
        last = need_size(lambda: self._trunk(image), image, "Convolutional")[-1:]
        head = self._head(last[0] if last else (image.channels, *image.size), outputs)
        made = Convolved(self._trunk(image), head, dimensions=len(image.size))
        initialise(made, self.initialisation)
        return made

    def _trunk(self, image: ImageShape) -> list[nn.Module]:
        """One module a layer."""
        from hepdl_networks.trunk import Style

        norm = EPSILON if self.batch_norm else 0.0
        style = Style(len(image.size), self.activation, norm)
        return list(style.sequence(image.channels, [_element(layer) for layer in self.layers])[0])

    def _head(self, shape: tuple[int, ...], outputs: int) -> nn.Module:
        from torch import nn

        from hepdl_networks.layers import Perceptron

        factor = {"flatten": math.prod(shape[1:]), "clusters": self.clusters}.get(self.collect, 1)
        each = [self.activation] * len(self.head)
        dense = Perceptron(shape[0] * factor, self.head, outputs, each, dropout=self.dropout)
        return nn.Sequential(self._collection(*shape), dense)

    def _collection(self, channels: int, *size: int) -> nn.Module:
        from torch import nn

        from hepdl_networks.soft_assignment import SoftAssignment
        from hepdl_networks.trunk import MAXIMA, MEANS

        if self.collect == "flatten":
            return nn.Identity()
        if self.collect == "clusters":
            return SoftAssignment(channels, self.clusters)
        pool: nn.Module = (MEANS if self.collect == "mean" else MAXIMA)[len(size)](size)
        return pool


def _element(layer: list[int | str]) -> Element:
    """The convolution or pooling that a list stands for."""
    first, *numbers = layer or [""]
    whole = [number for number in numbers if isinstance(number, int) and number > 0]
    if len(whole) == len(numbers) in (1, 2):
        if isinstance(first, int) and first > 0:
            return same(first, *whole)
        if first == "sparse" and len(whole) == 2 and whole[1] % 2:
            return SparseCode(*whole)
        if first in get_args(PoolName):
            return Pool(first, whole[0], whole[-1])  # type: ignore[arg-type]
    raise ValueError(
        f"a layer is [filters, kernel] or [filters, kernel, stride] of positive numbers, or a pooling "
        f"({', '.join(get_args(PoolName))}) like ['max', 2] or ['max', 3, 2], or ['sparse', filters, odd kernel], "
        f"but one is {layer!r}"
    )
