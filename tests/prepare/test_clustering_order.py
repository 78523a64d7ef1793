"""ClusteringOrder against a recursive twin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hepdl_prepare.clustering import POWERS, tree_places
from hepdl_prepare.clustering_order import ClusteringOrder

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, WiringError
from hepdl.events import Events, Jagged


def polar(p: list[float]) -> tuple[float, float, float]:
    return math.hypot(p[0], p[1]), 0.5 * math.log((p[3] + p[2]) / (p[3] - p[2])), math.atan2(p[1], p[0])


def distance(a: list[float], b: list[float], power: int) -> float:
    (pt, y, phi), (pt2, y2, phi2) = polar(a), polar(b)
    return min(pt**power, pt2**power) * ((y - y2) ** 2 + math.remainder(phi - phi2, 2 * math.pi) ** 2)


def twin(momenta: np.ndarray, power: int) -> list[int]:
    """All pairs anew at each step; a tree of tuples, read at the end."""
    nodes: list[tuple[list[float], Any]] = [(list(map(float, p)), i) for i, p in enumerate(momenta)]
    while len(nodes) > 1:
        pairs = [(a, b) for i, a in enumerate(nodes) for b in nodes[:i]]
        a, b = min(pairs, key=lambda pair: distance(pair[0][0], pair[1][0], power))
        nodes = [node for node in nodes if node is not a and node is not b]
        nodes.append(([x + y for x, y in zip(a[0], b[0], strict=True)], (a, b)))
    return read(nodes[0]) if nodes else []


def read(node: tuple[list[float], Any]) -> list[int]:
    if isinstance(node[1], int):
        return [node[1]]
    a, b = sorted(node[1], key=lambda each: -polar(each[0])[0])
    return read(a) + read(b)


def tree_order(momenta: np.ndarray, power: int) -> np.ndarray:
    """One jet alone: particles in order."""
    return np.argsort(tree_places(momenta, np.array([0, len(momenta)]), power))


def jet(n: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    pt, eta, phi = random.exponential(10, n) + 0.5, random.normal(1, 0.3, n), random.normal(3, 0.3, n)
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), np.hypot(pt * np.cosh(eta), 0.14)], 1)


@pytest.mark.parametrize("algorithm", POWERS)
@pytest.mark.parametrize("n", [0, 1, 2, 15])
def test_the_order_is_that_of_the_tree(algorithm: str, n: int) -> None:
    for seed in range(3):
        momenta = jet(n, seed)
        assert tree_order(momenta, POWERS[algorithm]).tolist() == twin(momenta, POWERS[algorithm])


@pytest.mark.parametrize("cells", [1, 500, 1 << 20])
def test_jets_do_not_see_each_other(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hepdl_prepare.clustering.CELLS", cells)
    jets = [jet(n, seed) for seed, n in enumerate((3, 0, 12, 1, 7, 12))]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in jets])])
    places = tree_places(np.concatenate(jets), offsets, 0)
    for each, start in zip(jets, offsets, strict=False):
        assert np.argsort(places[start : start + len(each)]).tolist() == twin(each, 0)


def test_two_prongs_follow_each_other() -> None:
    phi, pt = np.array([0.0, 1.0, 0.02, 1.03, 0.01]), np.array([5.0, 100.0, 3.0, 10.0, 1.0])
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), 0 * pt, pt], 1)
    assert tree_order(momenta, 0).tolist() in ([1, 3, 0, 4, 2], [1, 3, 0, 2, 4], [1, 3, 2, 4, 0], [1, 3, 4, 2, 0])


def test_places_and_particles_at_rest() -> None:
    momenta = np.concatenate([jet(4, 1), jet(3, 2), np.zeros((2, 4))])
    events = {f"part.{name}": Jagged(momenta[:, i], np.array([0, 4, 4, 7, 9]))
              for i, name in enumerate(("px", "py", "pz", "energy"))}  # fmt: skip
    step = ClusteringOrder("part", "order")
    assert step.declare(Columns(dict.fromkeys(events, ColumnType("float64", jagged=True))))["order"].dtype == "int32"
    places = step.execute(Events(events))["order"]
    for start, stop in ((0, 4), (4, 7), (7, 9)):
        assert np.argsort(places.values[start:stop]).tolist() == tree_order(momenta[start:stop], 0).tolist()
        assert sorted(places.values[start:stop]) == list(range(stop - start))


def test_message() -> None:
    lists = {f"p.{name}": Jagged(np.ones(3), np.array([0, 1, 3])) for name in ("px", "py", "pz")}
    uneven = Events({**lists, "p.energy": Jagged(np.ones(3), np.array([0, 2, 3]))})
    with pytest.raises(BadValues, match=r"'p.px' and 'p.energy' have different lengths: 1 and 2 particles in row 0 of"):
        ClusteringOrder("p", "order").execute(uneven)
    with pytest.raises(WiringError, match=r"ClusteringOrder: 'p.px' is float32; a jagged column"):
        ClusteringOrder("p", "order").declare(Columns({"p.px": ColumnType()}))
