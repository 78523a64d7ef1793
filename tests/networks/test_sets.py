"""Deep sets: published parameter counts, the sum written out, infrared and collinear safety, mistakes."""

from __future__ import annotations

import pytest
import torch
from hepdl_networks.deep_sets import DeepSets
from hepdl_networks.energy_flow import EnergyFlowNetwork
from hepdl_networks.layers import BatchNorm

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Jagged

NUMBER = ColumnType(jagged=True)
COLUMNS = Columns(pt=NUMBER, eta=NUMBER, phi=NUMBER, z=NUMBER, wide=ColumnType(shape=(2,), jagged=True), x=ColumnType())
OFFSETS = torch.tensor([0, 4, 4, 5, 12])
EFN = EnergyFlowNetwork(inputs=["eta", "phi"], weight="z")


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(1)


def count(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def jet(*particles: tuple[float, float, float]) -> list[Jagged]:
    """One event of (eta, phi, z)."""
    offsets = torch.tensor([0, len(particles)])
    return [Jagged(torch.tensor(values), offsets) for values in zip(*particles, strict=True)]


def test_published_numbers_of_parameters() -> None:
    assert count(DeepSets(inputs=["pt", "eta", "phi"]).build(COLUMNS, 2)) == 82_458
    assert count(EFN.build(COLUMNS, 2)) == 82_358


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_sum_of_dense_layers(batch_norm: bool) -> None:
    module = DeepSets(inputs=["pt", "wide", "x"], layers=[5, 4], head=[3], batch_norm=batch_norm).build(COLUMNS, 2)
    module.eval()
    pt, wide, x = torch.randn(12), torch.randn(12, 2), torch.randn(4)
    got = module(Jagged(pt, OFFSETS), Jagged(wide, OFFSETS), x)
    each, head = module.body.each, module.head.layers
    for event, (start, stop) in enumerate(OFFSETS.unfold(0, 2, 1).tolist()):
        total = torch.zeros(4)
        for particle in range(start, stop):
            total = total + each(torch.cat([pt[particle : particle + 1], wide[particle]])[None])[0]
        expected = head(torch.cat([total, x[event : event + 1]]))
        torch.testing.assert_close(got[event], expected)


def test_layers_of_phi() -> None:
    each = DeepSets(inputs=["pt"], layers=[8, 6], batch_norm=True).build(COLUMNS, 2).body.each
    flat = [type(m).__name__ for m in each.modules() if not list(m.children())]
    assert flat == ["BatchNorm", "Linear", "BatchNorm", "ReLU", "Linear", "BatchNorm", "ReLU"]


def test_batch_norm_is_over_particles() -> None:
    norm, values = BatchNorm(2), torch.randn(50, 2) * 3 + 1
    out = norm(values)
    torch.testing.assert_close(out.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    before = norm.running_mean.clone()
    torch.testing.assert_close(norm(values[:1]), norm.eval()(values[:1]))
    assert norm.running_mean.equal(before)


def test_answers_for_particles_know_their_event() -> None:
    module = DeepSets(inputs=["pt"], answers="particle", layers=[9], head=[9]).build(COLUMNS, 1)
    values = torch.randn(12)
    before = module(Jagged(values, OFFSETS)).values
    values[0] += 5
    changed = (module(Jagged(values, OFFSETS)).values != before).flatten()
    assert changed[:4].all()
    assert not changed[4:].any()


def test_infrared_safety() -> None:
    module = EFN.build(COLUMNS, 2)
    hard = [(0.1, 0.2, 0.7), (-0.3, 0.1, 0.3)]
    before = module(*jet(*hard))
    gaps = [float((module(*jet(*hard, (0.4, -0.4, z))) - before).abs().max().detach()) for z in (1e-2, 1e-4, 0.0)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[1] < 1e-4
    assert gaps[2] < 1e-7


def test_collinear_safety() -> None:
    module = EFN.build(COLUMNS, 2)
    one = module(*jet((0.1, 0.2, 0.7), (-0.3, 0.1, 0.3)))
    split = module(*jet((0.1, 0.2, 0.5), (-0.3, 0.1, 0.3), (0.1, 0.2, 0.2)))
    torch.testing.assert_close(one, split, atol=1e-6, rtol=1e-6)


def test_a_plain_sum_is_neither() -> None:
    module = DeepSets(inputs=["eta", "phi", "z"]).build(COLUMNS, 2)
    one = module(*jet((0.1, 0.2, 0.7), (-0.3, 0.1, 0.3)))
    split = module(*jet((0.1, 0.2, 0.5), (-0.3, 0.1, 0.3), (0.1, 0.2, 0.2)))
    assert not torch.allclose(one, split, atol=1e-3)


def test_mistakes() -> None:
    with pytest.raises(WiringError, match=r"weight must be one number a particle.*x \(float32\)"):
        EnergyFlowNetwork(inputs=["eta"], weight="x").build(COLUMNS, 1)
    with pytest.raises(WiringError, match=r"wide \(jagged float32\[2\]\)"):
        EnergyFlowNetwork(inputs=["eta"], weight="wide").build(COLUMNS, 1)
    with pytest.raises(ParameterError, match=r"EnergyFlowNetwork.collect: should be 'sum'"):
        EnergyFlowNetwork(inputs=["eta"], weight="z", collect="max")
    with pytest.raises(ParameterError, match=r"layers is \[0\]"):
        DeepSets(inputs=["eta"], layers=[0])
    with pytest.raises(ParameterError, match=r"DeepSets.layers: List should have at least 1 item"):
        DeepSets(inputs=["eta"], layers=[])


def test_lists_of_different_lengths() -> None:
    module = DeepSets(inputs=["pt", "eta"]).build(COLUMNS, 1)
    for other in ([0, 4, 4, 5, 11], [0, 3, 4, 5, 12]):
        with pytest.raises(BadValues, match="lists of the same particles must have equal lengths, but in row"):
            module(Jagged(torch.randn(12), OFFSETS), Jagged(torch.randn(other[-1]), torch.tensor(other)))
    with pytest.raises(BadValues, match="in row 3 of a batch of 4 events the first has 7 particles and number 2 has 0"):
        lists = [Jagged(torch.randn(12), OFFSETS)] * 2
        EFN.build(COLUMNS, 1)(*lists, Jagged(torch.randn(5), torch.tensor([0, 4, 4, 5, 5])))


def test_weight_that_is_an_input_too() -> None:
    module = EnergyFlowNetwork(inputs=["z", "eta"], weight="z").build(COLUMNS, 1)
    z, eta = (Jagged(torch.rand(12), OFFSETS) for _ in range(2))
    assert module(z, eta).shape == (4, 1)
