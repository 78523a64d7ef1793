"""Nearest neighbours are those of the slow twin, whatever the lengths of the lists."""

from __future__ import annotations

import pytest
import torch
from hepdl_networks import neighbours
from hepdl_networks.edges import Edges, everyone
from hepdl_networks.neighbours import nearest

from hepdl.contract.shadow import Shadow
from hepdl.events import Jagged
from tests.networks.graphs import FULL, LENGTHS, particles, slow_neighbours, starts


def of_each(edges: Edges) -> list[set[int]]:
    """The sources of the edges that end at each particle."""
    found: list[set[int]] = [set() for _ in range(edges.n)]
    for source, target in zip(edges.source.tolist(), edges.target.tolist(), strict=True):
        assert source not in found[target]
        found[target].add(source)
    return found


@pytest.mark.parametrize("lengths", [LENGTHS, FULL, [1, 1], [0, 0], [], [2], [8, 3]])
@pytest.mark.parametrize("features", [1, 2, 3, 8])
@pytest.mark.parametrize("k", [1, 4, 7, 30])
def test_nearest_is_what_the_slow_twin_finds(lengths: list[int], features: int, k: int) -> None:
    points = particles(features, lengths)
    assert of_each(nearest(points, k)) == [set(found) for found in slow_neighbours(points, k)]


def test_a_plain_number_is_a_coordinate() -> None:
    points = particles(1)
    flat = nearest(points.with_values(points.values[:, 0]), 3)
    assert flat.source.equal(nearest(points, 3).source)
    whole = points.with_values((1000 * points.values[:, 0]).int())
    assert of_each(nearest(whole, 2)) == of_each(nearest(points, 2))


def test_pieces_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    points = particles(2)
    whole = nearest(points, 4)
    monkeypatch.setattr(neighbours, "AT_ONCE", 2 * 20**2)
    assert nearest(points, 4).source.equal(whole.source)


def test_close_particles_far_away_are_told_apart() -> None:
    """Differences are exact where squares of the coordinates would hide them."""
    values = torch.tensor([[100.0, 0], [100.0, 0.002], [100.0, 0.003], [100.0, 0.0045]])
    edges = nearest(Jagged(values, torch.tensor([0, 4])), 1)
    assert edges.source.tolist() == [1, 2, 1, 2]


def test_everyone_is_each_pair_of_an_event() -> None:
    lists = particles(2)
    expected = [{j for j in range(a, b) if j != i} for a, b in starts(lists) for i in range(a, b)]
    assert of_each(everyone(lists)) == expected
    assert everyone(particles(2, [3, 3])).each == 2


def test_the_host_does_not_wait() -> None:
    expected = nearest(particles(2), 4)
    host = particles(2).host()
    with Shadow() as shadow:
        points = host.to("shadow")
        edges = nearest(points, 4)
        everyone(points)
        assert shadow.waits == []
        assert edges.source.cpu().equal(expected.source)


@pytest.mark.parametrize("lengths", [LENGTHS, FULL])
def test_values_are_collected_where_edges_end(lengths: list[int]) -> None:
    points = particles(2, lengths)
    edges, slow = nearest(points, 4), slow_neighbours(points, 4)
    assert bool(edges.each) == (lengths is FULL)
    first, second = torch.randn(edges.n, 3), torch.randn(edges.n, 3)
    pairs = [[first[i] + second[j] for j in found] for i, found in enumerate(slow)]
    sums = torch.stack([sum(each, torch.zeros(3)) for each in pairs])
    counts = torch.tensor([max(len(each), 1) for each in pairs])[:, None]
    torch.testing.assert_close(edges.sum(edges.pairs(first, second)), sums)
    torch.testing.assert_close(edges.mean(edges.pairs(first, second)), sums / counts)
