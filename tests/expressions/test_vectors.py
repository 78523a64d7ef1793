"""Four-vectors against scikit-hep's vector, event by event."""

from __future__ import annotations

import math

import numpy as np
import pytest
import vector
from hypothesis import given, settings
from hypothesis import strategies as st

from hepdl.events import Events, Jagged
from hepdl.expressions import parse
from hepdl.expressions.vectors import FORMULAS, component, ingredients

POLAR = ("pt", "eta", "phi", "mass")
SPELLED = {"energy": "e"}
"""Where vector has another word."""

angles = st.floats(-3.14, 3.14)
one = st.tuples(st.floats(0.1, 1e3), st.floats(-4, 4), angles, st.floats(0, 200))
collections = st.lists(st.lists(one, max_size=4), min_size=1, max_size=5)


def events(particles: list[list[tuple[float, ...]]]) -> Events:
    """Columns ``J.<component>`` for all components that vector knows."""
    lengths = np.array([len(p) for p in particles])
    flat = np.array([x for p in particles for x in p], np.float64).reshape(-1, 4)
    made = vector.array(dict(zip(POLAR, flat.T, strict=True)))
    columns = {name: getattr(made, SPELLED.get(name, name)) for name in FORMULAS}
    return Events({f"J.{name}": Jagged.from_lengths(np.asarray(c), lengths) for name, c in columns.items()})


def objects(particles: list[tuple[float, ...]]) -> list:
    return [vector.obj(**dict(zip(POLAR, p, strict=True))) for p in particles]


@pytest.mark.parametrize("system", [POLAR, ("pt", "eta", "phi", "energy"), ("px", "py", "pz", "energy"),
                                    ("px", "py", "pz", "mass")])  # fmt: skip
@pytest.mark.parametrize("name", FORMULAS)
@settings(deadline=None, max_examples=10)
@given(collections)
def test_components_agree_with_vector(system: tuple[str, ...], name: str, particles: list) -> None:
    block = events(particles)
    got = component(name, {part: block[f"J.{part}"] for part in ingredients(name, system)})
    np.testing.assert_allclose(got.values, block[f"J.{name}"].values, rtol=1e-6, atol=1e-2 if name == "mass" else 1e-6)


@pytest.mark.parametrize("name", ["pt", "mass", "eta", "energy", "phi", "rapidity"])
@settings(deadline=None, max_examples=10)
@given(collections)
def test_sums_agree_with_vector(name: str, particles: list) -> None:
    got = parse(f"(J[0] + J[1]).{name}").evaluate(events(particles))
    for value, p in zip(got, map(objects, particles), strict=True):
        if len(p) < 2:
            assert math.isnan(value)
        else:
            assert value == pytest.approx(getattr(p[0] + p[1], SPELLED.get(name, name)), rel=1e-6, abs=1e-3)


@settings(deadline=None, max_examples=20)
@given(collections)
def test_distances_agree_with_vector(particles: list) -> None:
    block = events(particles)
    got = {name: parse(f"{name}(J, J[0])").evaluate(block) for name in ("deltaR", "deltaPhi", "deltaEta")}
    first = [p[0] for p in map(objects, particles) for _ in p]
    each = [q for p in map(objects, particles) for q in p]
    pairs = list(zip(each, first, strict=True))
    np.testing.assert_allclose(got["deltaR"].values, [a.deltaR(b) for a, b in pairs], atol=1e-6)
    np.testing.assert_allclose(got["deltaEta"].values, [a.deltaeta(b) for a, b in pairs], atol=1e-6)
    np.testing.assert_allclose(got["deltaPhi"].values, [a.deltaphi(b) for a, b in pairs], atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(collections)
def test_the_sum_of_a_collection_is_that_of_its_members(particles: list) -> None:
    got = parse("sum(J[J.pt > 50]).energy").evaluate(events(particles))
    expected = [sum(q.e for q in p if q.pt > 50) for p in map(objects, particles)]
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_only_what_is_needed_is_read() -> None:
    assert parse("(J[0] + J[1]).pt").names == ["J.px", "J.py"]
    assert parse("deltaR(J, take(J, index))").names == ["index", "J.eta", "J.phi"]
    assert parse("leading(J, 2).mass").names == ["J.mass"]


def test_a_light_particle_keeps_its_mass() -> None:
    electron = {"pt": 1000.0, "eta": 2.0, "phi": 1.0, "mass": 0.000511}
    polar = {name: np.array([value], np.float32) for name, value in electron.items()}
    cartesian = {name: component(name, polar) for name in ("px", "py", "pz", "energy")}
    assert component("mass", cartesian)[0] == pytest.approx(0.000511, rel=0.02)


def test_distances_have_the_type_of_the_columns() -> None:
    flat = Events({f"{name}.{part}": np.array([3.0, -3.0], np.float32) for name in "ab" for part in ("eta", "phi")})
    assert parse("deltaR(a, b)").evaluate(flat).dtype == np.float32
    assert parse("deltaPhi(a, b) + 0.5").evaluate(flat).tolist() == [0.5, 0.5]
