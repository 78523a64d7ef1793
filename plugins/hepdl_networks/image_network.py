"""ImageNetwork: the published convolutional networks by name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.learning.parts import Network
from hepdl_networks.architectures import ARCHITECTURES, Architecture, ArchitectureName, SideHead
from hepdl_networks.choices import InitialisationName
from hepdl_networks.images import image_shape

if TYPE_CHECKING:
    from torch import nn

    from hepdl_networks.images import ImageShape
    from hepdl_networks.trunk import Style


class ImageNetwork(Network):
    """LeNet-5, AlexNet, ZFNet, VGG, GoogLeNet, Inception-v3 or ResNet over images ``[C, H, W]`` of any C.

    As published it is meant for photographs of 224×224 (Inception-v3 299×299, LeNet-5 32×32). ``adapted`` makes it
    fit for detector images of 16×16 to 64×64: the first convolution has stride 1, all keep the size of the image, and
    the first pooling is left out (VGG: two, LeNet-5: none). Dense layers see at most the grid of cells they see in
    the original. Numbers of parameters at the canonical size are those of torchvision (ZFNet: of its paper).
    """

    architecture: ArchitectureName
    """Its name."""
    adapted: bool = True
    """For small images; False: as published."""
    width: float = parameter(1.0, gt=0)
    """Factor on the number of filters and dense units: 0.25 makes a slim network."""
    auxiliary: bool = False
    """The side heads of GoogLeNet and Inception-v3: in training, an event's answer is that of a side head with
    probability 0.3 to 1, so that the mean loss is the published sum."""
    dropout: float | None = parameter(None, ge=0, lt=1)
    """Probability with which an input or hidden unit of the dense layers is switched off in training; as published
    when None."""
    initialisation: InitialisationName = "kaiming_normal"
    """How weights start; ``default`` is torch's own, with which the deep ones without batch norm do not learn."""

    @property
    def published(self) -> Architecture:
        """The architecture of this name."""
        return ARCHITECTURES[self.architecture]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.auxiliary and not self.published.sides:
            raise ValueError(f"auxiliary: only GoogLeNet and Inception-v3 have side heads, {self.architecture} has not")
        return self

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """A :class:`~hepdl_networks.convolved.Convolved`; ``WiringError`` when the image is too small for it."""
        from hepdl_networks.convolved import Convolved, need_size
        from hepdl_networks.layers import initialise

        image, named = image_shape(columns, self.inputs, "ImageNetwork", 2), f"ImageNetwork {self.architecture}"
        if not self.adapted:
            named += " as published (adapted=False)"
        shapes = need_size(lambda: self._stages(image), image, named)
        sides = {at: self._side(at, shapes[at], side, outputs) for at, side in self._sides().items()}
        made = Convolved(self._stages(image), self._head(shapes[-1], outputs), sides)
        initialise(made, self.initialisation)
        return made

    def _sides(self) -> dict[int, SideHead]:
        return self.published.sides if self.auxiliary else {}

    def _stages(self, image: ImageShape) -> list[nn.Module]:
        from torch import nn

        channels, made = image.channels, list[nn.Module]()
        for elements in self.published.adapted if self.adapted else self.published.stages:
            stage, channels = self._style().sequence(channels, elements)
            made.append(stage)
        return made

    def _style(self) -> Style:
        from hepdl_networks.trunk import Style

        return Style(2, self.published.activation, self.published.batch_norm, self.width)

    def _head(self, shape: tuple[int, ...], outputs: int) -> nn.Module:
        dropout = self.published.dropout if self.dropout is None else self.dropout
        return self._dense(shape, self.published.head, self.published.grid, dropout, outputs)

    def _side(self, at: int, shape: tuple[int, ...], side: SideHead, outputs: int) -> nn.Module:
        from torch import nn

        from hepdl_networks.convolved import need_size
        from hepdl_networks.images import ImageShape

        channels, *size = shape
        named = f"ImageNetwork {self.architecture}: side head {at + 1}"

        def make() -> list[nn.Module]:
            return list(self._style().sequence(channels, side.elements)[0])

        last = need_size(make, ImageShape(channels, tuple(size)), named)[-1]
        grid = max(size) if side.layers else 1
        return nn.Sequential(*make(), self._dense(last, side.layers, grid, 0.7 if side.layers else 0.0, outputs))

    def _dense(self, shape: tuple[int, ...], layers: list[int], grid: int, dropout: float, outputs: int) -> nn.Module:
        """Average pooling to at most ``grid`` cells along each axis, then dense layers."""
        from torch import nn

        from hepdl_networks.convolved import at_most
        from hepdl_networks.layers import Perceptron

        channels, *size = shape
        cells = [n // -(-n // grid) for n in size]
        widths = [max(1, round(width * self.width)) for width in layers]
        each = [self.published.activation] * len(widths)
        dense = Perceptron(channels * math.prod(cells), widths, outputs, each, dropout=dropout)
        before = nn.Dropout(dropout) if dropout and not layers else nn.Identity()
        return nn.Sequential(at_most(size, grid), before, dense)
