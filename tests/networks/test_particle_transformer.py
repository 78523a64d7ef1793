"""The transformer: published size, attention as torch's own, pairs that matter, half precision, mistakes."""

from __future__ import annotations

import pytest
import torch
from hepdl_networks.attention import ParticleBlock
from hepdl_networks.particle_transformer import ParticleTransformer
from hepdl_networks.slots import Slots
from torch import nn

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ParameterError, WiringError
from hepdl.events import Jagged

NUMBER = ColumnType(jagged=True)
MOMENTA = ["pt", "eta", "phi", "mass"]
WIDE = ColumnType(shape=(17,), jagged=True)
COLUMNS = Columns(dict.fromkeys([*MOMENTA, "a"], NUMBER)).plus({"x": ColumnType(), "wide": WIDE})
OFFSETS = torch.tensor([0, 4, 4, 5, 12])
SMALL = {"width": 8, "heads": 2, "blocks": 2, "embed": [8], "pair_embed": [4]}


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(1)


def lists(*names: str) -> list[Jagged]:
    return [Jagged(torch.rand(int(OFFSETS[-1])), OFFSETS) for _ in names]


def test_published_size() -> None:
    """2.14M (arXiv:2202.03772), 17 features and 10 classes; the features have no layer norm of their own."""
    module = ParticleTransformer(inputs=["wide"], momenta=MOMENTA).build(COLUMNS, 10)
    assert sum(weight.numel() for weight in module.parameters()) == 2_143_486 - 2 * 17


def test_attention_is_that_of_torch() -> None:
    block = ParticleBlock(8, 2, 16, "gelu", 0.0).eval()
    theirs = nn.MultiheadAttention(8, 2, batch_first=True)
    own = block.attention
    theirs.in_proj_weight.data = torch.cat([own.query.weight, own.key_value.weight]).data
    theirs.in_proj_bias.data = torch.cat([own.query.bias, own.key_value.bias]).data
    theirs.out_proj.load_state_dict(own.out.state_dict())
    particles = Jagged(torch.randn(12, 8), OFFSETS)
    slots = Slots(particles)
    both = slots.padded(torch.cat([own.query(particles.values), own.key_value(particles.values)], 1))
    got = own.result(slots.packed(own(both[..., :8], both[..., 8:], slots.visible()[:, None])))
    for start, stop in OFFSETS.unfold(0, 2, 1).tolist():
        if stop > start:
            event = particles.values[None, start:stop]
            torch.testing.assert_close(got[start:stop], theirs(event, event, event)[0][0], atol=1e-5, rtol=1e-5)


def test_slots_there_and_back() -> None:
    particles = Jagged(torch.randn(12, 3), OFFSETS)
    slots = Slots(particles)
    expected, mask = particles.padded()
    assert slots.padded(particles.values).equal(expected)
    assert slots.filled.equal(mask)
    assert slots.packed(expected).equal(particles.values)


def test_pairs_matter() -> None:
    """Turning one particle around the beam changes nothing but pairs, when the azimuth is no feature."""
    module = ParticleTransformer(inputs=["pt"], momenta=MOMENTA, components="polar", **SMALL).build(COLUMNS, 2).eval()
    pt, eta, phi, mass = lists(*MOMENTA)
    before = module(pt, eta, phi, mass)
    phi.values[0] += 1
    gaps = (module(pt, eta, phi, mass) - before).abs().amax(1)
    assert gaps[0] > 1e-4
    assert gaps[1:].max() == 0
    phi.values.add_(0.5)
    torch.testing.assert_close(module(pt, eta, phi, mass)[1:], before[1:], atol=1e-5, rtol=1e-5)


def test_cartesian_and_polar_agree() -> None:
    pt, eta, phi, mass = lists(*MOMENTA)
    made = [pt.values * phi.values.cos(), pt.values * phi.values.sin(), pt.values * eta.values.sinh()]
    made.append((made[0] ** 2 + made[1] ** 2 + made[2] ** 2 + mass.values**2).sqrt())
    names = ["px", "py", "pz", "e"]
    columns = COLUMNS.plus(dict.fromkeys(names, NUMBER))
    one = ParticleTransformer(inputs=["pt"], momenta=MOMENTA, components="polar", **SMALL).build(columns, 2).eval()
    other = ParticleTransformer(inputs=["pt"], momenta=names, **SMALL).build(columns, 2).eval()
    other.load_state_dict(one.state_dict())
    cartesian = [Jagged(values, OFFSETS) for values in made]
    torch.testing.assert_close(one(pt, eta, phi, mass), other(pt, *cartesian), atol=1e-4, rtol=1e-4)


def test_half_precision() -> None:
    module = ParticleTransformer(inputs=["a"], momenta=MOMENTA, components="polar", **SMALL).build(COLUMNS, 2)
    columns = lists("a", *MOMENTA)
    exact = module.eval()(*columns)
    with torch.autocast("cpu", torch.bfloat16):
        rough = module(*columns)
        module.train()(*columns).float().square().sum().backward()
    assert rough.dtype == torch.bfloat16
    torch.testing.assert_close(rough.float(), exact, atol=0.1, rtol=0.1)
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in module.parameters())


def test_dropout_only_in_training() -> None:
    module = ParticleTransformer(inputs=["a"], **SMALL).build(COLUMNS, 2).eval()
    columns = lists("a")
    assert module(*columns).equal(module(*columns))
    assert not module.train()(*columns).equal(module(*columns))


def test_flat_inputs_join() -> None:
    module = ParticleTransformer(inputs=["x", "a"], **SMALL).build(COLUMNS, 2).eval()
    one, (a,) = torch.zeros(4), lists("a")
    assert not module(one, a).equal(module(one + 1, a))


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match=r"width must be a multiple of heads, but 10 is none of 8"):
        ParticleTransformer(inputs=["a"], width=10)
    with pytest.raises(ParameterError, match=r"pair_embed is \[0\]"):
        ParticleTransformer(inputs=["a"], pair_embed=[0])
    with pytest.raises(WiringError, match=r"momenta must be 4 numbers a particle.*given are pt .*x \(float32\)"):
        ParticleTransformer(inputs=["a"], momenta=["pt", "eta", "phi", "x"]).build(COLUMNS, 1)
    with pytest.raises(WiringError, match=r"momenta must be 4 numbers .* given are pt \(jagged float32\)$"):
        ParticleTransformer(inputs=["a"], momenta=["pt"]).build(COLUMNS, 1)


def test_momenta_in_one_list() -> None:
    columns = COLUMNS.plus({"p4": ColumnType(shape=(4,), jagged=True)})
    four = ParticleTransformer(inputs=["a"], momenta=MOMENTA, components="polar", **SMALL).build(columns, 2).eval()
    one = ParticleTransformer(inputs=["a"], momenta=["p4"], components="polar", **SMALL).build(columns, 2).eval()
    one.load_state_dict(four.state_dict())
    a, *momenta = lists("a", *MOMENTA)
    together = Jagged(torch.stack([each.values for each in momenta], 1), OFFSETS)
    assert one(a, together).equal(four(a, *momenta))
