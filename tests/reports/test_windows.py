from __future__ import annotations

import numpy as np
import pytest
from hepdl_reports.windows import Window, low_and_high, members_of, opened, slices

from hepdl.errors import BadValues, ParameterError

MU = np.linspace(0, 60, 601)


def test_default_is_the_outer_sixth_of_the_range():
    low, high = low_and_high(MU, None, None, "mu", "Report")
    assert (low.text("mu"), high.text("mu")) == ("mu < 10", "mu > 50")
    assert low.holds(np.array([3.0, 30.0])).tolist() == [True, False]


def test_default_is_the_outer_sixth_of_the_events_when_the_range_has_tails():
    z = np.random.default_rng(1).normal(0, 1, 20_000)
    low, high = low_and_high(z, None, None, "z", "Report")
    assert np.isclose(low.stop, -0.97, atol=0.03) and np.isclose(high.start, 0.97, atol=0.03)


def test_discrete_nuisance_takes_its_outer_values():
    low, high = low_and_high(np.array([0, 50, 25, 0, 50, 25]), None, None, "mu", "Report")
    assert (low.text("mu"), high.text("mu")) == ("mu = 0", "mu = 50")


def test_bounds_and_windows_of_the_user():
    low, high = low_and_high(MU, 5, [40.0, 45.0], "mu", "Report")
    assert (low, high) == (Window(-np.inf, 5), Window(40.0, 45.0))
    assert high.text("mu") == "40 < mu < 45"


def test_constant_nuisance():
    with pytest.raises(BadValues, match="Report: nuisance 'mu' has always '3' in 4 events; it must vary"):
        low_and_high(np.full(4, 3.0), None, None, "mu", "Report")


def test_empty_window():
    with pytest.raises(BadValues, match="Report.high: fewer than two events have mu > 70; 'mu' goes from 0 to 60"):
        low_and_high(MU, None, 70, "mu", "Report")


def test_a_window_is_two_numbers_in_order():
    with pytest.raises(ParameterError, match=r"Report.low: a window is two numbers \[from, to\] \(got \[3, 1\]\)"):
        low_and_high(MU, [3, 1], None, "mu", "Report")


def test_slices_share_out_every_event():
    windows = slices(MU, np.ones(len(MU)), 5)
    members = members_of(windows, MU)
    assert len(windows) == 5 and np.sum(members, axis=0).tolist() == [1] * len(MU)
    assert [w.text("mu") for w in opened(windows)][::4] == ["mu < 12", "mu > 48"]


def test_slices_of_a_discrete_nuisance_are_its_values():
    values = np.array([0.0, 1.0, 1.0, 2.0])
    windows = slices(values, np.ones(4), 5)
    assert [w.text("z") for w in opened(windows)] == ["z = 0", "z = 1", "z = 2"]
    assert [rows.sum() for rows in members_of(windows, values)] == [1, 2, 1]
