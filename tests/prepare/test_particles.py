"""Particles against a twin of plain Python loops."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hepdl_prepare.particles import Particles
from hypothesis import given, settings
from hypothesis import strategies as st

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, ExpressionError, MissingColumn, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from hepdl.ledger import Ledger
from tests.prepare.material import with_lists

LIST = ColumnType(jagged=True)
COLUMNS = Columns(pt=LIST, eta=LIST, mu=ColumnType(), image=ColumnType(shape=(2,), jagged=True))
BLOCK = with_lists("pt", "eta")
numbers = st.floats(-10, 10, width=32)
lists = st.lists(st.lists(st.tuples(numbers, st.one_of(numbers, st.just(float("nan")))), max_size=6), max_size=6)


def events(particles: list[list[tuple[float, float]]]) -> Events:
    flat = np.array([x for p in particles for x in p], np.float32).reshape(-1, 2)
    lengths = np.array([len(p) for p in particles], np.int64)
    return Events({"pt": Jagged.from_lengths(flat[:, 0], lengths), "eta": Jagged.from_lengths(flat[:, 1], lengths)})


@settings(deadline=None, max_examples=100)
@given(lists, st.sampled_from([None, 1, 3]), st.booleans())
def test_order_and_cut_agree_with_loops(particles: list, most: int | None, ordered: bool) -> None:
    step = Particles("p", ["pt", "eta"], most=most, sort="-abs(eta)" if ordered else "")
    got = step.execute(events(particles))["p"]

    def key(pair: tuple[float, float]) -> tuple[bool, float]:
        return (pair[1] != pair[1], -abs(pair[1])) if ordered else (False, 0)

    expected = [sorted(p, key=key)[:most] for p in particles]
    assert got.lengths.tolist() == [len(p) for p in expected]
    np.testing.assert_array_equal(got.values, np.array([x for p in expected for x in p], np.float32).reshape(-1, 2))


def test_type_and_names() -> None:
    step = Particles("p", ["pt", "eta"], sort="-pt * mu")
    assert step.reads() == ["pt", "eta", "mu"]
    assert step.declare(COLUMNS) == {"p": ColumnType("float32", (2,), True, ("pt", "eta"))}
    double = with_lists("pt", "eta", dtype=np.float64).plus({"mu": np.ones(96)})
    assert step.execute(double)["p"].values.dtype == np.float32


def test_what_is_left_out_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    step = Particles("p", ["pt"], most=2)
    ledger = Ledger()
    step.initialize(Job(ledger=ledger).for_step("p", COLUMNS))
    step.execute(events([[(1, 1)] * 3, [(1, 1)]]))
    step.execute(events([[(1, 1)] * 4]))
    with caplog.at_level(logging.WARNING):
        step.finalize()
    assert "3 of 8 particles that this run saw (38%) were left out by most=2" in caplog.text
    assert ledger.notes == ["Particles: 3 of 8 particles that this run saw (38%) were left out by most=2"]


def test_members_must_have_the_same_particles() -> None:
    wrong = BLOCK.plus({"phi": Jagged.from_lengths(np.zeros(5, np.float32), np.r_[np.zeros(95, int), 5])})
    row = int(np.argmax(wrong["pt"].lengths != wrong["phi"].lengths))
    lengths = f"{wrong['pt'].lengths[row]} and 0 particles in entry {row}"
    with pytest.raises(BadValues, match=f"Particles: 'pt' and 'phi' have different lengths: {lengths}"):
        Particles("p", ["pt", "eta", "phi"]).execute(wrong)
    with pytest.raises(BadValues, match="in row 0 of the block"):
        Particles("p", ["pt", "phi"]).execute(wrong.only(["pt", "phi"]))


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (Particles("p", ["pt", "mu"]), WiringError, "Particles: column 'mu' is float32; a jagged column"),
        (Particles("p", ["image"]), WiringError, r"column 'image' is jagged float32\[2\]; a jagged column"),
        (Particles("p", ["pt"], sort="mu"), WiringError, "the order 'mu' is float32"),
        (Particles("p", ["pt"], sort="-ptt"), MissingColumn, "Particles: expression '-ptt': .*did you mean 'pt'"),
        (Particles("p", ["phi"]), MissingColumn, "Particles: there is no column 'phi'"),
    ],
)
def test_columns_that_cannot_be_packed(step: Particles, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        step.declare(COLUMNS)


def test_a_wrong_order_is_refused_where_it_is_written() -> None:
    with pytest.raises(ExpressionError, match=r"Particles: expression '-pt \+': invalid syntax"):
        Particles("p", ["pt"], sort="-pt +")
