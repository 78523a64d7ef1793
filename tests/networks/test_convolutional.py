from __future__ import annotations

import pytest
import torch
from hepdl_networks.convolutional import Convolutional
from hepdl_networks.soft_assignment import SoftAssignment
from hepdl_networks.sparse_coding import SparseCoding
from torch import nn

from hepdl.columns import Columns, ColumnType
from hepdl.contract import Case, cases, shadow  # noqa: F401  (torch wants to know the device before any gradient)
from hepdl.errors import ParameterError, WiringError

COLUMNS = Columns(
    image=ColumnType(shape=(2, 25, 25)), tracker=ColumnType(shape=(3, 25, 25)), small=ColumnType(shape=(1, 4, 4)),
    plain=ColumnType(shape=(8, 8)), waveform=ColumnType(shape=(50,)), channels=ColumnType(shape=(3, 50)),
    shower=ColumnType(shape=(1, 8, 9, 10)), particles=ColumnType(shape=(4,), jagged=True), pt=ColumnType(),
)  # fmt: skip
FEW: list[list[int | str]] = [[4, 3], ["max", 2], [6, 3, 2], ["L2", 2]]


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_network_of_the_jet_image_paper() -> None:
    """arXiv:1511.05190 on 25×25 pixels: 32 filters 11×11, then 3×3 twice, max-pooling by 2, 3, 3."""
    network = Convolutional(inputs=["image"]).build(COLUMNS, 1)
    assert count(network) == (32 * 2 * 121 + 32) + 2 * (32 * 32 * 9 + 32) + (32 * 64 + 64) + 65
    assert network(torch.rand(3, 2, 25, 25)).shape == (3, 1)


@pytest.mark.parametrize(
    ("names", "weights"),
    [
        (["waveform"], [4 * 1 * 3, 6 * 4 * 3]),
        (["channels"], [4 * 3 * 3, 6 * 4 * 3]),
        (["image"], [4 * 2 * 9, 6 * 4 * 9]),
        (["image", "tracker"], [4 * 5 * 9, 6 * 4 * 9]),
        (["shower"], [4 * 1 * 27, 6 * 4 * 27]),
    ],
)
@pytest.mark.parametrize("collect", ["flatten", "mean", "max", "clusters"])
def test_dimensions_are_those_of_the_column(names: list[str], weights: list[int], collect: str) -> None:
    network = Convolutional(inputs=names, layers=FEW, collect=collect, batch_norm=True).build(COLUMNS, 2)
    assert [p.numel() for p in network.stages.parameters() if p.dim() > 2] == weights
    assert network(*(torch.rand(5, *COLUMNS[name].shape) for name in names)).shape == (5, 2)


def test_an_image_without_channels() -> None:
    network = Convolutional(inputs=["plain"], layers=[[4, 3]], dimensions=2).build(COLUMNS, 1)
    assert network(torch.rand(2, 8, 8)).shape == (2, 1)
    as_waveforms = Convolutional(inputs=["plain"], layers=[[4, 3]]).build(COLUMNS, 1)
    assert as_waveforms(torch.rand(2, 8, 8)).shape == (2, 1)
    assert count(network) == 4 * 9 + 4 + (256 * 64 + 64) + 65
    assert count(as_waveforms) == 4 * 8 * 3 + 4 + (32 * 64 + 64) + 65


@pytest.mark.parametrize("kind", ["max", "average", "L2"])
@pytest.mark.parametrize(("pool", "cells"), [([2], (2, 2)), ([3, 1], (2, 2)), ([2, 1], (3, 3))])
def test_poolings(kind: str, pool: list[int], cells: tuple[int, int]) -> None:
    network = Convolutional(inputs=["small"], layers=[[kind, *pool]], head=[]).build(COLUMNS, 1)
    image = torch.randn(2, 1, 4, 4)
    found = network.stages[0](image)[:, 0]
    windows = image[:, 0].unfold(1, pool[0], pool[-1]).unfold(2, pool[0], pool[-1])
    how = {"max": windows.amax((3, 4)), "average": windows.mean((3, 4)), "L2": windows.square().sum((3, 4)).sqrt()}
    assert found.shape[1:] == cells
    assert torch.allclose(found, how[kind], atol=1e-5)


def test_an_empty_image_has_a_slope() -> None:
    network = Convolutional(inputs=["small"], layers=[["L2", 2], [2, 3], ["L2", 2]]).build(COLUMNS, 1)
    image = torch.zeros(2, 1, 4, 4, requires_grad=True)
    network(image).sum().backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()


def test_a_code_is_sparse_and_solves_its_equations() -> None:
    """At the minimum Dᵀ(x − D z) is λ where the code is positive and at most λ elsewhere (Karush-Kuhn-Tucker)."""
    torch.manual_seed(1)
    coding = SparseCoding(torch.randn(3, 2, 3, 3), threshold=0.5, steps=3000)
    image = torch.rand(1, 2, 6, 6)
    with torch.no_grad():
        code = coding(image)
        slope = coding.found(image - coding.sum(code))
    assert 0.05 < (code > 0).float().mean() < 0.9
    assert (slope < 0.501).all()
    assert (slope - 0.5)[code > 0.01].abs().max() < 0.001


def test_sparse_coding_is_a_first_layer() -> None:
    network = Convolutional(inputs=["image"], layers=[["sparse", 4, 5], ["max", 5]]).build(COLUMNS, 1)
    assert network.stages[0].patterns.shape == (4, 2, 5, 5)
    network(torch.rand(3, 2, 25, 25)).sum().backward()
    assert network.stages[0].patterns.grad.abs().sum() > 0


def test_soft_assignment_one_pixel_after_the_other() -> None:
    torch.manual_seed(1)
    pool, image = SoftAssignment(3, 2), torch.rand(1, 3, 2, 2)
    expected = torch.zeros(2, 3)
    for point in image[0].flatten(1).T:
        for k, share in enumerate(pool.share(point).softmax(0)):
            expected[k] += share * (point - pool.centres[k])
    expected /= expected.norm(dim=1, keepdim=True)
    assert torch.allclose(pool(image)[0], (expected / expected.norm()).flatten(), atol=1e-6)


def test_mistakes() -> None:
    def build(**how: object) -> None:
        Convolutional(**({"inputs": ["image"]} | how)).build(COLUMNS, 1)

    for layer in ([], [4], [4, 0], ["max"], ["soft", 2], ["max", 2, 2, 2], [4, "x"], ["sparse", 4, 2]):
        with pytest.raises(ParameterError, match=r"a layer is \[filters, kernel\] .* but one is "):
            build(layers=[layer])
    with pytest.raises(ParameterError, match=r"\['sparse', 4, 3\] is of the image itself: it can only be the first"):
        build(layers=[[4, 3], ["sparse", 4, 3]])
    with pytest.raises(ParameterError, match=r"at least one unit, head is \[0\]"):
        build(head=[0])
    with pytest.raises(WiringError, match="column 'particles' is jagged .* an image is needed; make one first"):
        build(inputs=["particles"])
    with pytest.raises(WiringError, match=r"'pt' is float32; an image \[channels, length\] or \[length\]"):
        build(inputs=["pt"])
    with pytest.raises(WiringError, match="'image' has 25×25 and 'small' 4×4; .* Fusion"):
        build(inputs=["image", "small"])
    with pytest.raises(WiringError, match="Convolutional: an image of 4×4 is too small, the smallest is 12×12"):
        build(inputs=["small"], layers=[["max", 2], ["max", 3, 3], ["max", 2]])
    with pytest.raises(WiringError, match="inputs is empty"):
        build(inputs=[])


ALL = [
    *cases(
        Convolutional(inputs=["image"], layers=[["sparse", 3, 3], ["max", 2]], collect="clusters"),
        {"image": ColumnType(shape=(1, 6, 6))},
    ),
    *cases(Convolutional(inputs=["image"], layers=FEW, head=[8]), {"image": ColumnType(shape=(2, 9, 9))}),
    *cases(
        Convolutional(inputs=["x"], layers=FEW, batch_norm=True, collect="max"), {"x": ColumnType("float64", (24,))}
    ),
]


@pytest.mark.parametrize("case", ALL, ids=str)
def test_contract(case: Case) -> None:
    case()
