"""Familiarity: what is said of columns that look unlike those of a run."""

from __future__ import annotations

import numpy as np
import pytest

from hepdl.data.familiarity import FEWEST, looks, unfamiliar
from hepdl.data.table import Table
from hepdl.errors import BadValues
from hepdl.events import Events, Jagged

PT = np.linspace(20.0, 120.0, 101)


def table(**columns: np.ndarray | Jagged) -> Table:
    return Table([Events(columns)])


def test_the_look_of_a_column() -> None:
    look = looks(table(pt=PT))["pt"]
    assert (look.least, look.most, look.typical) == (20.0, 120.0, 70.0)


def test_lists_and_members_of_groups_are_looked_at_one_by_one() -> None:
    lists = Jagged.from_lengths(PT, np.array([100, 0, 1]))
    assert looks(table(lists=lists))["lists"].typical == 70.0
    found = looks(table(group=np.stack([PT, -2 * PT], axis=1)))
    assert [found[f"group[{i}]"].typical for i in (0, 1)] == [70.0, 140.0]


def test_values_that_are_not_finite_do_not_count() -> None:
    assert looks(table(pt=np.append(PT, [np.nan, np.inf])))["pt"].most == 120.0


def test_few_values_and_none_say_nothing() -> None:
    assert looks(table(pt=PT[: FEWEST - 1])) == {}
    assert looks(Table([])) == {}
    assert unfamiliar(table(pt=1000 * PT[: FEWEST - 1]), looks(table(pt=PT)), ["pt"]) == []


def test_a_column_that_is_not_asked_about_may_look_as_it_likes() -> None:
    assert unfamiliar(table(pt=1000 * PT), looks(table(pt=PT)), []) == []


@pytest.mark.parametrize("factor", [1000, 0.001, -1000, 700])
def test_another_unit_is_refused(factor: float) -> None:
    with pytest.raises(BadValues, match="column 'pt' has a median absolute value of .*, in the run 70: MeV and GeV"):
        unfamiliar(table(pt=factor * PT), looks(table(pt=PT)), ["pt"])


def test_a_sentinel_is_refused_and_a_few_are_told() -> None:
    before = looks(table(pt=PT))
    with pytest.raises(BadValues, match="lies to 60% beyond the range 20 to 120"):
        unfamiliar(table(pt=np.where(np.arange(101) < 60.5, -999.0, PT)), before, ["pt"])
    notes = unfamiliar(table(pt=np.where(np.arange(101) < 10, -999.0, PT)), before, ["pt"])
    assert notes == ["column 'pt': 10% of the values lie beyond the range 20 to 120 of the run"]


def test_a_column_that_stands_still_is_refused() -> None:
    with pytest.raises(BadValues, match="is 50 throughout, in the run it has the range 20 to 120"):
        unfamiliar(table(pt=np.full(101, 50.0)), looks(table(pt=PT)), ["pt"])


def test_the_same_columns_are_familiar() -> None:
    assert unfamiliar(table(pt=PT), looks(table(pt=PT)), ["pt"]) == []
