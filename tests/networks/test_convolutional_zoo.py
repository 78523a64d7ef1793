from __future__ import annotations

from typing import get_args

import pytest
import torch
from hepdl_networks.architectures import ArchitectureName
from hepdl_networks.convolved import SIDE, Convolved
from hepdl_networks.image_network import ImageNetwork
from torch import nn

from hepdl.columns import Columns, ColumnType
from hepdl.contract import Case, cases, shadow  # noqa: F401  (torch wants to know the device before any gradient)
from hepdl.errors import ParameterError, WiringError

NAMES = get_args(ArchitectureName)
FAMILIES = ["LeNet-5", "AlexNet", "ZFNet", "VGG-11", "GoogLeNet", "Inception-v3", "ResNet-18"]


def image(channels: int, size: int) -> Columns:
    return Columns(image=ColumnType(shape=(channels, size, size)))


def build(name: str, columns: Columns, outputs: int = 1, **how: object) -> nn.Module:
    return ImageNetwork(inputs=["image"], architecture=name, **how).build(columns, outputs)


@pytest.mark.parametrize(
    ("name", "size", "auxiliary", "parameters"),
    [
        ("LeNet-5", 32, False, 61_706),
        ("AlexNet", 224, False, 61_100_840),
        ("ZFNet", 224, False, 62_357_608),
        ("VGG-11", 224, False, 132_863_336),
        ("VGG-16", 224, False, 138_357_544),
        ("VGG-19", 224, False, 143_667_240),
        ("GoogLeNet", 224, False, 6_624_904),
        ("GoogLeNet", 224, True, 13_004_888),
        ("Inception-v3", 299, False, 23_834_568),
        ("Inception-v3", 299, True, 27_161_264),
        ("ResNet-18", 224, False, 11_689_512),
        ("ResNet-34", 224, False, 21_797_672),
        ("ResNet-50", 224, False, 25_557_032),
    ],
)
def test_published_numbers_of_parameters(name: str, size: int, auxiliary: bool, parameters: int) -> None:
    """As torchvision counts them; ZFNet from the figure in arXiv:1311.2901, LeNet-5 for ten digits in 32×32."""
    grey = name == "LeNet-5"
    with torch.device("meta"):
        network = build(name, image(1 if grey else 3, size), 10 if grey else 1000, adapted=False, auxiliary=auxiliary)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("size", [25, 40])
def test_small_images_there_and_back(name: str, size: int) -> None:
    torch.manual_seed(1)
    network = build(name, image(5, size), width=0.125)
    pixels = torch.rand(4, 5, size, size) * (torch.rand(4, 5, size, size) < 0.1)
    network(pixels).square().mean().backward()
    slopes = [parameter.grad for parameter in network.parameters()]
    assert all(slope is not None and slope.isfinite().all() for slope in slopes)
    assert slopes[0].abs().sum() > 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [16, 64])
def test_smallest_and_largest_detector_image(name: str, size: int) -> None:
    with torch.device("meta"):
        assert build(name, image(2, size), 3)(torch.rand(7, 2, size, size)).shape == (7, 3)


@pytest.mark.parametrize(
    ("name", "size", "adapted", "message"),
    [
        ("VGG-16", 7, True, "ImageNetwork VGG-16: an image of 7×7 is too small, the smallest is 8×8"),
        ("Inception-v3", 14, True, "Inception-v3: an image of 14×14 is too small, the smallest is 15×15"),
        ("AlexNet", 25, False, r"AlexNet as published \(adapted=False\): .* 25×25 is too small, the smallest is 63×63"),
        ("Inception-v3", 40, False, "40×40 is too small, the smallest is 75×75"),
    ],
)
def test_too_small(name: str, size: int, adapted: bool, message: str) -> None:
    with pytest.raises(WiringError, match=message):
        build(name, image(1, size), adapted=adapted)


def test_side_heads_answer_in_training_alone() -> None:
    """Main head 0, side heads 1 and 2: the mean of any loss is the published sum of the losses of all heads."""

    class Fixed(nn.Module):
        def __init__(self, value: float) -> None:
            super().__init__()
            self.value = value

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.full((len(x), 1), self.value)

    network = Convolved([nn.Identity(), nn.Identity()], Fixed(0), {0: Fixed(1), 1: Fixed(2)})
    torch.manual_seed(1)
    answers = network.train()(torch.zeros(100_000, 1, 1, 1))[:, 0]
    shares = torch.stack([(answers == value).float().mean() for value in range(3)])
    assert torch.allclose(shares, torch.tensor([1, SIDE, SIDE]) / (1 + 2 * SIDE), atol=0.005)
    assert not network.eval()(torch.zeros(9, 1, 1, 1)).any()


@pytest.mark.parametrize("name", ["GoogLeNet", "Inception-v3"])
def test_side_heads_learn(name: str) -> None:
    torch.manual_seed(1)
    network = build(name, image(1, 75), width=0.0625, auxiliary=True)
    network(torch.rand(32, 1, 75, 75)).sum().backward()
    slopes = [parameter.grad for parameter in network.sides.parameters()]
    assert all(slope is not None and slope.abs().sum() > 0 for slope in slopes)


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match="only GoogLeNet and Inception-v3 have side heads, VGG-11 has not"):
        build("VGG-11", image(1, 32), auxiliary=True)
    with pytest.raises(ParameterError, match="architecture.*'VGG11'"):
        build("VGG11", image(1, 32))
    with pytest.raises(WiringError, match="'image' is jagged"):
        build("VGG-11", Columns(image=ColumnType(jagged=True)))


ALL = [
    case
    for name in ("LeNet-5", "ResNet-18")
    for case in cases(
        ImageNetwork(inputs=["image"], architecture=name, width=0.0625), {"image": ColumnType(shape=(1, 8, 8))}
    )
]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.subject.part.architecture}-{case}")
def test_contract(case: Case) -> None:
    case()
