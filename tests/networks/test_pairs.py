"""Pairs of packed particles and their features, against loops and four-vectors."""

from __future__ import annotations

import math

import pytest
import torch
import vector
from hepdl_networks.momenta import kinematics
from hepdl_networks.pair_features import pair_features
from hepdl_networks.pairs import all_pairs, lower_pairs, lower_table

from hepdl.events import Jagged

LISTS = Jagged(torch.zeros(8), torch.tensor([0, 3, 3, 4, 8]))


def slow(lower: bool) -> list[tuple[int, int]]:
    events = LISTS.offsets.unfold(0, 2, 1).tolist()
    return [(i, j) for a, b in events for i in range(a, b) for j in range(a, i + 1 if lower else b)]


def test_pairs_as_loops() -> None:
    for made, expected in ((lower_pairs(LISTS), slow(True)), (all_pairs(LISTS), slow(False))):
        assert list(zip(*(each.tolist() for each in made), strict=True)) == expected


def test_no_particles() -> None:
    none = Jagged(torch.zeros(0), torch.tensor([0, 0, 0]))
    assert [len(each) for each in (*lower_pairs(none), *all_pairs(none))] == [0] * 4
    assert lower_table(none, 1).tolist() == [[[0]], [[0]]]


def test_table_finds_each_pair() -> None:
    first, second = (each.tolist() for each in lower_pairs(LISTS))
    table = lower_table(LISTS, 5)
    for event, (start, stop) in enumerate(LISTS.offsets.unfold(0, 2, 1).tolist()):
        for i in range(stop - start):
            for j in range(stop - start):
                number = table[event, i, j]
                assert {first[number], second[number]} == {start + i, start + j}
    assert table.max() < len(first)


def by_hand(one: vector.VectorObject4D, other: vector.VectorObject4D) -> list[float]:
    """With a third party's four-vectors, in double precision."""
    distance = math.hypot(one.rapidity - other.rapidity, one.deltaphi(other))
    soft = min(one.pt, other.pt)
    quantities = [distance, soft * distance, soft / (one.pt + other.pt), (one + other).mass2]
    return [math.log(max(each, 1e-8)) for each in quantities]


def particles(n: int) -> torch.Tensor:
    """pT, η, φ and mass, ``[4, n]``."""
    torch.manual_seed(1)
    return torch.stack([torch.rand(n) * 90 + 1, torch.randn(n), torch.rand(n) * 6.2 - 3.1, torch.rand(n) + 0.01])


@pytest.mark.parametrize("components", ["cartesian", "polar"])
def test_features_as_by_hand(components: str) -> None:
    given = particles(6).double()
    vectors = [vector.obj(pt=p[0], eta=p[1], phi=p[2], mass=p[3]) for p in given.T.tolist()]
    cartesian = torch.tensor([[v.px, v.py, v.pz, v.energy] for v in vectors], dtype=torch.float64).T
    each = kinematics(list(given if components == "polar" else cartesian), components)
    i, j = torch.tril_indices(6, 6)
    got = pair_features(each.of(i), each.of(j))
    expected = torch.tensor([by_hand(vectors[a], vectors[b]) for a, b in zip(i.tolist(), j.tolist(), strict=True)])
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


def test_mass_of_collinear_light_particles_in_single_precision() -> None:
    """E² − p² would be off by all its digits: m = 5 keV beside p = 1 TeV."""
    mass, angle = 0.000005, 1e-5
    given = [torch.tensor(each) for each in ([1000.0, 1000.0], [2.0, 2.0], [0.0, angle], [mass, mass])]
    each = kinematics(given, "polar")
    got = pair_features(each.of(torch.tensor([0])), each.of(torch.tensor([1])))[0, 3]
    assert float(got) == pytest.approx(math.log(4 * mass**2 + (1000.0 * angle) ** 2), abs=1e-4)


def test_order_in_a_pair_does_not_matter() -> None:
    each = kinematics(list(particles(5)), "polar")
    i, j = torch.triu_indices(5, 5)
    torch.testing.assert_close(pair_features(each.of(i), each.of(j)), pair_features(each.of(j), each.of(i)))


def test_features_and_their_gradient_stay_finite() -> None:
    zero = [torch.zeros(2, requires_grad=True) for _ in range(4)]
    for components in ("cartesian", "polar"):
        each = kinematics(zero, components)
        got = pair_features(each, each)
        assert got.isfinite().all()
        assert got.min() >= math.log(1e-8) - 1e-4
    given = particles(4).requires_grad_()
    each = kinematics(list(given), "polar")
    pair_features(each, each).sum().backward()
    assert given.grad is not None
    assert given.grad.isfinite().all()


def test_azimuth_goes_around() -> None:
    given = [torch.tensor(each) for each in ([1.0, 1.0], [0.0, 0.0], [3.1, -3.1], [0.0, 0.0])]
    each = kinematics(given, "polar")
    got = pair_features(each.of(torch.tensor([0])), each.of(torch.tensor([1])))
    assert float(got[0, 0].exp()) == pytest.approx(2 * math.pi - 6.2, rel=1e-4)
