"""The published convolutional networks as tables, from the image to the dense layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hepdl_networks.choices import ActivationName
from hepdl_networks.elements import Branches, Conv, Element, Pool, Residual, branches, same

ArchitectureName = Literal[
    "LeNet-5", "AlexNet", "ZFNet", "VGG-11", "VGG-16", "VGG-19", "GoogLeNet", "Inception-v3",
    "ResNet-18", "ResNet-34", "ResNet-50",
]  # fmt: skip


@dataclass(frozen=True)
class SideHead:
    """An auxiliary classifier on an inner layer."""

    elements: tuple[Element, ...]
    layers: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Architecture:
    """One published network; ``grid`` is the most cells, along each axis, that its dense layers see."""

    stages: list[list[Element]]
    grid: int
    early: int = 0
    """The first poolings, which small images do without."""
    head: list[int] = field(default_factory=list)
    activation: ActivationName = "relu"
    dropout: float = 0.0
    batch_norm: float = 0.0
    """The ε of the batch norm after each convolution; 0 for none."""
    sides: dict[int, SideHead] = field(default_factory=dict)
    """Stage behind which it stands → auxiliary classifier."""

    @property
    def adapted(self) -> list[list[Element]]:
        """The stages for small images: the first convolution with stride 1 and the early poolings left out."""
        left, first, stages = self.early, True, []
        for stage in self.stages:
            kept: list[Element] = []
            for element in stage:
                if isinstance(element, Pool) and left:
                    left -= 1
                    continue
                if isinstance(element, Conv):
                    element = same(element.filters, element.kernel, 1 if first else element.stride)  # noqa: PLW2901
                    first = False
                kept.append(element)
            stages.append(kept)
        return stages


def _lenet() -> Architecture:
    half = Pool("average", 2, 2)
    return Architecture([[Conv(6, 5), half, Conv(16, 5), half]], 5, head=[120, 84], activation="tanh")


def _alexnet() -> Architecture:
    pool = Pool("max", 3, 2)
    trunk: list[Element] = [Conv(64, 11, 4, 2), pool, same(192, 5), pool]
    trunk += [same(384, 3), same(256, 3), same(256, 3), pool]
    return Architecture([trunk], 6, 1, [4096, 4096], dropout=0.5)


def _zfnet() -> Architecture:
    pool, last = Pool("max", 3, 2, 1), Pool("max", 3, 2)
    trunk: list[Element] = [Conv(96, 7, 2, 1), pool, Conv(256, 5, 2), pool]
    trunk += [same(384, 3), same(384, 3), same(256, 3), last]
    return Architecture([trunk], 6, 1, [4096, 4096], dropout=0.5)


def _vgg(*convolutions: int) -> Architecture:
    trunk: list[Element] = []
    for filters, number in zip((64, 128, 256, 512, 512), convolutions, strict=True):
        trunk += [same(filters, 3)] * number + [Pool("max", 2, 2)]
    return Architecture([trunk], 7, 2, [4096, 4096], dropout=0.5)


def _resnet(*blocks: int, bottleneck: bool = False) -> Architecture:
    trunk: list[Element] = [same(64, 7, 2), Pool("max", 3, 2, 1)]
    for stage, number in enumerate(blocks):
        for block in range(number):
            trunk.append(Residual(64 << stage, 2 if stage and not block else 1, bottleneck))
    return Architecture([trunk], 1, 1, batch_norm=1e-5)


def _inception(one: int, three: tuple[int, int], five: tuple[int, int], pool: int) -> Branches:
    """The module of arXiv:1409.4842; its 5×5 branch has 3×3 kernels, as torchvision's."""
    small, large = [Conv(three[0], 1), same(three[1], 3)], [Conv(five[0], 1), same(five[1], 3)]
    return branches([Conv(one, 1)], small, large, [Pool("max", 3, 1, 1, True), Conv(pool, 1)])


def _googlenet() -> Architecture:
    pool = Pool("max", 3, 2, 0, True)
    side = SideHead((Pool("average", 5, 3), Conv(128, 1)), [1024])
    stages: list[list[Element]] = [
        [same(64, 7, 2), pool, Conv(64, 1), same(192, 3), pool,
         _inception(64, (96, 128), (16, 32), 32), _inception(128, (128, 192), (32, 96), 64), pool,
         _inception(192, (96, 208), (16, 48), 64)],
        [_inception(160, (112, 224), (24, 64), 64), _inception(128, (128, 256), (24, 64), 64),
         _inception(112, (144, 288), (32, 64), 64)],
        [_inception(256, (160, 320), (32, 128), 128), Pool("max", 2, 2, 0, True),
         _inception(256, (160, 320), (32, 128), 128), _inception(384, (192, 384), (48, 128), 128)],
    ]  # fmt: skip
    return Architecture(stages, 1, 1, dropout=0.2, batch_norm=1e-3, sides={0: side, 1: side})


def _inception_v3() -> Architecture:
    pool = Pool("max", 3, 2)
    side = SideHead((Pool("average", 5, 3), Conv(128, 1), Conv(768, 5)))
    stem: list[Element] = [Conv(32, 3, 2), Conv(32, 3), same(64, 3), pool, Conv(80, 1), Conv(192, 3), pool]
    stages: list[list[Element]] = [
        [*stem, *map(_inception_a, (32, 64, 64)), _reduction_a(), *map(_inception_c, (128, 160, 160, 192))],
        [_reduction_b(), _inception_e(), _inception_e()],
    ]
    return Architecture(stages, 1, 1, dropout=0.5, batch_norm=1e-3, sides={0: side})


_MEAN, _HALF = Pool("average", 3, 1, 1), Pool("max", 3, 2)


def _inception_a(pool: int) -> Branches:
    twice = [Conv(64, 1), same(96, 3), same(96, 3)]
    return branches([Conv(64, 1)], [Conv(48, 1), same(64, 5)], twice, [_MEAN, Conv(pool, 1)])


def _reduction_a() -> Branches:
    return branches([Conv(384, 3, 2)], [Conv(64, 1), same(96, 3), Conv(96, 3, 2)], [_HALF])


def _inception_c(n: int) -> Branches:
    once = [Conv(n, 1), same(n, (1, 7)), same(192, (7, 1))]
    twice = [Conv(n, 1), same(n, (7, 1)), same(n, (1, 7)), same(n, (7, 1)), same(192, (1, 7))]
    return branches([Conv(192, 1)], once, twice, [_MEAN, Conv(192, 1)])


def _reduction_b() -> Branches:
    long = [Conv(192, 1), same(192, (1, 7)), same(192, (7, 1)), Conv(192, 3, 2)]
    return branches([Conv(192, 1), Conv(320, 3, 2)], long, [_HALF])


def _inception_e() -> Branches:
    split = branches([same(384, (1, 3))], [same(384, (3, 1))])
    long: list[Element] = [Conv(448, 1), same(384, 3), split]
    return branches([Conv(320, 1)], [Conv(384, 1), split], long, [_MEAN, Conv(192, 1)])


ARCHITECTURES: dict[ArchitectureName, Architecture] = {
    "LeNet-5": _lenet(), "AlexNet": _alexnet(), "ZFNet": _zfnet(),
    "VGG-11": _vgg(1, 1, 2, 2, 2), "VGG-16": _vgg(2, 2, 3, 3, 3), "VGG-19": _vgg(2, 2, 4, 4, 4),
    "GoogLeNet": _googlenet(), "Inception-v3": _inception_v3(),
    "ResNet-18": _resnet(2, 2, 2, 2), "ResNet-34": _resnet(3, 4, 6, 3),
    "ResNet-50": _resnet(3, 4, 6, 3, bottleneck=True),
}  # fmt: skip
"""LeNet-5 (LeCun et al. 1998), AlexNet as in arXiv:1404.5997, ZFNet (arXiv:1311.2901), VGG (arXiv:1409.1556),
GoogLeNet (arXiv:1409.4842, with batch norm), Inception-v3 (arXiv:1512.00567), ResNet (arXiv:1512.03385)."""
