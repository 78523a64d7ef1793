"""OneHot."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hepdl_prepare.one_hot import OneHot

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from hepdl.ledger import Ledger

IDS = Jagged(np.array([211, -211, 22, -13, 130, 11, 321], np.int16), np.array([0, 3, 3, 7]))
COLUMNS = Columns(
    pdg=ColumnType("int16", jagged=True), period=ColumnType("int32"), group=ColumnType(shape=(2,)),
    name=ColumnType("object"),
)  # fmt: skip


def test_the_pdg_classes_do_not_look_at_the_sign() -> None:
    step = OneHot("pdg", "kind", values="pdg")
    assert step.declare(COLUMNS)["kind"].members == (
        "pdg=charged_hadron", "pdg=neutral_hadron", "pdg=photon", "pdg=electron", "pdg=muon",
    )  # fmt: skip
    got = step.execute(Events({"pdg": IDS}))["kind"]
    np.testing.assert_array_equal(got.values.argmax(1), [0, 0, 2, 4, 1, 3, 0])
    np.testing.assert_array_equal(got.values.sum(1), 1)
    np.testing.assert_array_equal(got.offsets, IDS.offsets)


def test_values_of_an_event_in_the_order_given() -> None:
    step = OneHot("period", "out", values=[2018, 2016, 2017])
    got = step.execute(Events({"period": np.array([2016, 2017, 2018])}))["out"]
    np.testing.assert_array_equal(got, [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert step.declare(COLUMNS)["out"] == ColumnType(
        "float32", (3,), members=("period=2018", "period=2016", "period=2017")
    )


def test_unknown_values_are_counted_in_the_error() -> None:
    values = np.array([1, 3, 3, 7, 8, 9, 2])
    with pytest.raises(BadValues, match=r"'period' holds 5 values of no category: '3' \(2 times\), '7' \(1 times\), "):
        OneHot("period", "out", values=[1, 2]).execute(Events({"period": values}))
    with pytest.raises(BadValues, match=r"and 1 more; the categories are 1, 2; add the values, .* other=True"):
        OneHot("period", "out", values=[1, 2]).execute(Events({"period": values}))
    with pytest.raises(BadValues, match="1 values of no category: 'nan'"):
        OneHot("period", "out", values=[1]).execute(Events({"period": np.array([1, np.nan])}))


def test_other_values_have_a_category_and_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    step, ledger = OneHot("period", "out", values=[1, 2], other=True), Ledger()
    step.initialize(Job(ledger=ledger))
    got = step.execute(Events({"period": np.array([1, 3, 4, 2])}))["out"]
    np.testing.assert_array_equal(got.argmax(1), [0, 2, 2, 1])
    with caplog.at_level(logging.WARNING):
        step.finalize()
    assert ledger.notes == ["OneHot: 2 of 4 values of 'period' that this run saw are of no category (other)"]
    assert "2 of 4 values" in caplog.text


def test_messages() -> None:
    with pytest.raises(ParameterError, match="value 3 is in two categories"):
        OneHot("period", "out", values={"a": [1, 3], "b": [3]})
    with pytest.raises(ParameterError, match="values names no value"):
        OneHot("period", "out", values={"a": []})
    with pytest.raises(WiringError, match=r"'group' is float32\[2\]; one number an event or particle is needed"):
        OneHot("group", "out", values=[1]).declare(COLUMNS)
    with pytest.raises(WiringError, match="'name' is object; one number"):
        OneHot("name", "out", values=[1]).declare(COLUMNS)
