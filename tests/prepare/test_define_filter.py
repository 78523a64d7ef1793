"""Define and Filter."""

from __future__ import annotations

import numpy as np
import pytest
from hepdl_prepare.define import Define
from hepdl_prepare.filter import Filter

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ExpressionError, MissingColumn
from hepdl.events import Events, Jagged

COLUMNS = Columns(tau1=ColumnType(), tau2=ColumnType(), part_pt=ColumnType(jagged=True))
EVENTS = Events(
    {
        "tau1": np.array([1, 2], np.float32),
        "tau2": np.array([0.5, 0], np.float32),
        "part_pt": Jagged.from_lengths(np.array([1, 2, 3], np.float32), np.array([1, 2])),
    }
)


def test_define_adds_the_value_of_its_expression() -> None:
    step = Define("tau21", "tau2 / tau1", unit="1")
    assert step.reads() == ["tau2", "tau1"]
    assert step.declare(COLUMNS) == {"tau21": ColumnType("float32", unit="1")}
    assert step.execute(EVENTS)["tau21"].tolist() == [0.5, 0]
    assert not step.replace
    assert Define("tau1", "2 * tau1", replace=True).replace


def test_define_may_make_lists_and_reduce_them() -> None:
    assert Define("z", "part_pt / sum(part_pt)").declare(COLUMNS)["z"].jagged
    assert Define("ht", "sum(part_pt)").execute(EVENTS)["ht"].tolist() == [1, 5]


def test_declared_types_are_those_that_come_out() -> None:
    for text in ("tau1 > 1", "count(part_pt > 1)", "part_pt[:, 0]", "3", "tau1 ** 2"):
        step = Define("x", text)
        assert step.declare(COLUMNS)["x"].dtype == step.execute(EVENTS)["x"].dtype.name


def test_filter_keeps_the_events_for_which_it_is_true() -> None:
    step = Filter("tau2 > 0 and any(part_pt < 2)")
    assert step.reads() == ["tau2", "part_pt"]
    assert step.declare(COLUMNS) == {}
    assert step.execute(EVENTS).tolist() == [True, False]


def test_comparisons_with_nan_are_false() -> None:
    assert Filter("log(tau2 - 1) < 5").execute(EVENTS).tolist() == [False, False]


@pytest.mark.parametrize("step", [lambda: Define("x", "tau2 +"), lambda: Filter("tau2 +")])
def test_a_wrong_expression_is_refused_where_it_is_written(step) -> None:
    with pytest.raises(ExpressionError, match=r"expression 'tau2 \+': invalid syntax"):
        step()


def test_errors_name_the_step() -> None:
    with pytest.raises(
        MissingColumn, match=r"ratio: expression 'tau3 / tau1': there is no column 'tau3', did you mean"
    ):
        Define("tau31", "tau3 / tau1", name="ratio").declare(COLUMNS)
    with pytest.raises(ExpressionError, match="Filter: expression 'tau1': gives float32, but yes or no is needed"):
        Filter("tau1").declare(COLUMNS)
    with pytest.raises(ExpressionError, match="Filter: expression 'part_pt > 1': .* for each particle"):
        Filter("part_pt > 1").execute(EVENTS)
