"""Lists of particles against a twin of plain Python loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepdl.events import Events, Jagged
from hepdl.expressions import parse

NAN = math.nan
REDUCTIONS = {
    "sum(p)": sum,
    "len(p)": len,
    "count(p)": len,
    "min(p)": lambda p: min(p, default=NAN),
    "max(p)": lambda p: max(p, default=NAN),
    "mean(p)": lambda p: sum(p) / len(p) if p else NAN,
    "any(p > 1)": lambda p: any(x > 1 for x in p),
    "all(p > 1)": lambda p: all(x > 1 for x in p),
    "count(p > 1)": lambda p: sum(x > 1 for x in p),
    "sum(p > 1)": lambda p: sum(x > 1 for x in p),
    "p[:, 0]": lambda p: p[0] if p else NAN,
    "p[0]": lambda p: p[0] if p else NAN,
    "p[-2]": lambda p: p[-2] if len(p) > 1 else NAN,
    "p[:, 2]": lambda p: p[2] if len(p) > 2 else NAN,
    "p[:, -1]": lambda p: p[-1] if p else NAN,
    "p[:, -2]": lambda p: p[-2] if len(p) > 1 else NAN,
    "sum(p[p > 1][:, :2])": lambda p: sum([x for x in p if x > 1][:2]),
    "max(abs(p))": lambda p: max((abs(x) for x in p), default=NAN),
}
CUTS = {
    "p[:, :2]": lambda p: p[:2],
    "p[:2]": lambda p: p[:2],
    "take(p, where(p > 1, 0, -1))": lambda p: [p[0] if x > 1 else NAN for x in p],
    "p[:, 1:]": lambda p: p[1:],
    "p[:, 1:3]": lambda p: p[1:3],
    "p[:, -2:]": lambda p: p[-2:],
    "p[:, :-1]": lambda p: p[:-1],
    "p[:, 3:1]": lambda p: p[3:1],
    "leading(p, 3)": lambda p: p[:3],
    "p[p > 1]": lambda p: [x for x in p if x > 1],
    "p[p > max(p) - 1]": lambda p: [x for x in p if x > max(p) - 1],
    "2 * p + 1": lambda p: [2 * x + 1 for x in p],
    "p - mean(p)": lambda p: [x - sum(p) / len(p) for x in p],
}

eighths = st.integers(-40, 40).map(lambda n: n / 8)
lists = st.lists(st.lists(eighths, max_size=5), max_size=6)


def events(particles: list[list[float]], dtype: type = np.float64) -> Events:
    flat = np.array([x for p in particles for x in p], dtype)
    return Events({"p": Jagged.from_lengths(flat, np.array([len(p) for p in particles], np.int64))})


@pytest.mark.parametrize("text", REDUCTIONS)
@settings(deadline=None, max_examples=30)
@given(lists)
def test_reductions_agree_with_loops(text: str, particles: list[list[float]]) -> None:
    got = parse(text).evaluate(events(particles))
    np.testing.assert_allclose(got, [REDUCTIONS[text](p) for p in particles])


@pytest.mark.parametrize("text", CUTS)
@settings(deadline=None, max_examples=30)
@given(lists)
def test_cuts_agree_with_loops(text: str, particles: list[list[float]]) -> None:
    got = parse(text).evaluate(events(particles))
    expected = events([CUTS[text](p) for p in particles])["p"]
    np.testing.assert_array_equal(got.offsets, expected.offsets)
    np.testing.assert_allclose(got.values, expected.values)


def test_a_value_of_the_event_meets_each_particle() -> None:
    block = Events({"pt": np.array([10.0, 20.0]), **events([[1, 2], [5]])})
    assert parse("p / pt").evaluate(block).values.tolist() == [0.1, 0.2, 0.25]
    assert parse("where(p > 1, pt, 0)").evaluate(block).values.tolist() == [0, 10, 20]


def test_sums_keep_the_type_of_floats_and_count_integers_in_64_bits() -> None:
    assert parse("sum(p)").evaluate(events([[1.5]], np.float32)).dtype == np.float32
    sums = parse("sum(p)").evaluate(events([[100, 100, 100]], np.int8))
    assert sums.dtype == np.int64
    assert sums.tolist() == [300]


def test_particles_with_several_features() -> None:
    block = Events({"p": Jagged(np.arange(6.0).reshape(3, 2), np.array([0, 2, 2, 3])), "pt": np.array([1.0, 2, 3])})
    np.testing.assert_array_equal(parse("p[:, 0]").evaluate(block), [[0, 1], [NAN, NAN], [4, 5]])
    np.testing.assert_array_equal(parse("mean(p)").evaluate(block), [[1, 2], [NAN, NAN], [4, 5]])
    assert parse("p * pt").evaluate(block).values.tolist() == [[0, 1], [2, 3], [12, 15]]


def test_a_column_meets_a_group_feature_by_feature() -> None:
    block = Events({"x": np.arange(4.0).reshape(2, 2), "w": np.array([1.0, 10])})
    assert parse("x * w").evaluate(block).tolist() == [[0, 1], [20, 30]]
    assert parse("x[:, 1]").evaluate(block).tolist() == [1, 3]
