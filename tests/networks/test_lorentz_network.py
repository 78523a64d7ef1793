"""The answer is the same in every frame; vectors turn with the frame; published form; mistakes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hepdl_networks.lorentz_body import LorentzBody, squeezed
from hepdl_networks.lorentz_network import LorentzNetwork
from hepdl_networks.momenta import four_vectors, product

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ParameterError, WiringError
from hepdl.events import Jagged

NAMES = ["px", "py", "pz", "energy"]
DOUBLE = ColumnType("float64", jagged=True)
COLUMNS = Columns(dict.fromkeys([*NAMES, "mass"], DOUBLE)).plus({"x": ColumnType()})
OFFSETS = torch.tensor([0, 5, 5, 6, 18])
NETWORK = LorentzNetwork(inputs=["mass"], momenta=NAMES, width=16, blocks=4)


@pytest.fixture
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def particles(scale: float = 20.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Momenta ``[n, 4]`` and masses, double."""
    generator = torch.Generator().manual_seed(1)
    p = torch.randn(int(OFFSETS[-1]), 3, generator=generator, dtype=torch.float64) * scale
    mass = torch.rand(len(p), 1, generator=generator, dtype=torch.float64)
    return torch.cat([p, (p.square().sum(1, keepdim=True) + mass.square()).sqrt()], 1), mass[:, 0]


def frame(seed: int, most: float = 1.5) -> torch.Tensor:
    """A random rotation after a random boost with a rapidity up to ``most``, ``[4, 4]``."""
    generator = torch.Generator().manual_seed(seed)
    rapidity, direction = torch.rand(1, generator=generator) * most, torch.randn(3, generator=generator)
    n = (direction / direction.norm()).double()
    boost, rotation = torch.eye(4, dtype=torch.float64), torch.eye(4, dtype=torch.float64)
    boost[:3, :3] += (rapidity.double().cosh() - 1) * torch.outer(n, n)
    boost[:3, 3] = boost[3, :3] = -rapidity.double().sinh() * n
    boost[3, 3] = rapidity.double().cosh()
    turned = torch.linalg.qr(torch.randn(3, 3, generator=generator).double()).Q
    rotation[:3, :3] = turned * torch.det(turned)
    return rotation @ boost


def lists(momenta: torch.Tensor) -> list[Jagged]:
    return [Jagged(momenta[:, i].contiguous(), OFFSETS) for i in range(4)]


def module(network: LorentzNetwork = NETWORK) -> torch.nn.Module:
    torch.manual_seed(2)
    made = network.build(COLUMNS, 2)
    for block in made.body.blocks[:-1]:
        block.vector[-1].weight.data *= 100  # vectors move by more than they do at the start of a training
    return made.eval()


def test_frames_keep_products() -> None:
    momenta, mass = particles()
    moved = momenta @ frame(3).T
    assert not torch.allclose(moved, momenta, rtol=0.1)
    torch.testing.assert_close(product(moved, moved)[:, 0], mass.square())


@pytest.mark.parametrize("seed", range(5))
def test_the_same_answer_in_every_frame(double: None, seed: int) -> None:
    net, (momenta, mass) = module(), particles()
    before = net(Jagged(mass, OFFSETS), *lists(momenta))
    after = net(Jagged(mass, OFFSETS), *lists(momenta @ frame(seed).T))
    assert before.dtype == torch.float64
    torch.testing.assert_close(after, before, atol=1e-6, rtol=1e-6)


def test_other_momenta_give_another_answer(double: None) -> None:
    net, (momenta, mass) = module(), particles()
    before = net(Jagged(mass, OFFSETS), *lists(momenta))
    momenta[:, 3] *= 1.5
    assert not torch.allclose(net(Jagged(mass, OFFSETS), *lists(momenta)), before, atol=1e-3)


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_single_precision_with_double_momenta(scale: float) -> None:
    """As in a chain: P4 gives double columns, the layers compute in single precision."""
    net, (momenta, mass) = module(), particles(scale)
    answers = [net(Jagged(mass, OFFSETS), *lists(momenta @ frame.T)) for frame in (torch.eye(4).double(), frame(7))]
    assert answers[0].dtype == torch.float32
    torch.testing.assert_close(*answers, atol=1e-4, rtol=1e-4)


def test_vectors_turn_with_the_frame(double: None) -> None:
    body, (momenta, mass), turn = module().body, particles(), frame(4)
    seen: list[torch.Tensor] = []
    body.blocks[2].register_forward_hook(lambda block, given, made: seen.append(made[1]))
    for given in (momenta, momenta @ turn.T):
        body(Jagged(mass[:, None], OFFSETS), *lists(given))
    assert (seen[0] - momenta).abs().max() > 1e-3
    torch.testing.assert_close(seen[0] @ turn.T, seen[1], atol=1e-6, rtol=1e-6)


def test_a_block_as_a_loop(double: None) -> None:
    torch.manual_seed(3)
    body = LorentzBody(1, 4, 2, "relu", "cartesian").eval()
    momenta, mass = particles()
    got = body(Jagged(mass[:, None], OFFSETS), *lists(momenta)).values
    h, x, features = body.embed(mass[:, None]), momenta, mass[:, None]
    for block in body.blocks:
        new_h, new_x = h.clone(), x.clone()
        for start, stop in OFFSETS.unfold(0, 2, 1).tolist():
            for i in range(start, stop):
                total, shift = torch.zeros(4), torch.zeros(4)
                for j in range(start, stop):
                    pair = torch.stack([product(x[i] - x[j], x[i] - x[j])[0], product(x[i], x[j])[0]])
                    m = block.receiver(h[i]) + block.sender(h[j]) + block.invariants(squeezed(pair))
                    m = block.message(m[None])[0]
                    m = m * block.gate(m).sigmoid()
                    total = total + m
                    shift = shift + (1e-3 * block.vector(m) * x[j] if block.vector is not None else 0)
                new_h[i] = h[i] + block.scalar(torch.cat([h[i], total, features[i]])[None])[0]
                new_x[i] = x[i] + shift
        h, x = new_h, new_x
    torch.testing.assert_close(got, h)


def test_number_of_parameters() -> None:
    made = LorentzNetwork(inputs=["mass"], momenta=NAMES).build(COLUMNS, 2)
    assert sum(weight.numel() for weight in made.parameters()) == 223_568


def test_polar_momenta() -> None:
    momenta, mass = particles()
    pt = momenta[:, :2].norm(dim=1)
    polar = [pt, torch.asinh(momenta[:, 2] / pt), torch.atan2(momenta[:, 1], momenta[:, 0]), mass]
    torch.testing.assert_close(four_vectors(polar, "polar"), momenta)
    assert four_vectors([each.float() for each in polar[:3]] + [mass], "polar").dtype == torch.float64


def test_mistakes() -> None:
    with pytest.raises(WiringError, match=r"momenta must be 4 numbers .* given are px \(jagged float64\)$"):
        LorentzNetwork(inputs=["mass"], momenta=["px"]).build(COLUMNS, 1)
    with pytest.raises(ParameterError, match=r"momenta: this parameter must be given"):
        LorentzNetwork(inputs=["mass"])
    with pytest.raises(WiringError, match=r"momenta must be 4 numbers a particle.*x \(float32\)"):
        LorentzNetwork(inputs=["mass"], momenta=["px", "py", "pz", "x"]).build(COLUMNS, 1)
