"""SculptingReport: a score that follows the nuisance shapes it, one that does not stays at the statistical limit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hepdl_reports.sculpted import distance_correlation
from hepdl_reports.sculpting import SculptingReport

from hepdl.errors import ParameterError

from .conftest import make_events, run_report

REPORT = SculptingReport(scores=["score", "score_plain"], variable="mu", window=[0.0, 60.0], bins=20)


def test_shaped_and_unshaped(tmp_path):
    report = run_report(REPORT, make_events(20_000, negative=0.0), tmp_path)
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    assert {"SculptingReport_spectra.png", "SculptingReport_front.png"} <= names
    numbers = json.loads((tmp_path / "plots" / "SculptingReport.json").read_text())
    flat, shaped = (numbers["scores"][name][0] for name in ("score", "score_plain"))
    assert flat["jsd"] < 2 * flat["limit"][2]
    assert shaped["jsd"] > 3 * shaped["limit"][2]
    assert shaped["distance_correlation"] > 3 * flat["distance_correlation"]
    assert shaped["information"] > 0.03 > flat["information"]
    assert numbers["jsd_base"] == 2
    assert "statistical limit for score" in report.summary()[-2]


def test_events_outside_the_window_do_not_count(tmp_path):
    run_report(REPORT.replaced(window=[0.0, 30.0]), make_events(), tmp_path)
    numbers = json.loads((tmp_path / "plots" / "SculptingReport.json").read_text())
    inside = make_events()
    run_report(REPORT.replaced(window=[0.0, 30.0]), inside.where(inside["mu"] < 30), tmp_path / "b")
    other = json.loads((tmp_path / "b" / "plots" / "SculptingReport.json").read_text())
    outside = ((make_events()["part"] == 2) & (make_events()["mu"] >= 30)).sum()
    assert numbers.pop("outside_window") == outside and other.pop("outside_window") == 0
    assert other == numbers


def test_distance_correlation_of_a_known_case():
    """For two values each it is the absolute correlation coefficient."""
    random = np.random.default_rng(1)
    x = random.integers(0, 2, 2000).astype(float)
    y = np.where(random.random(2000) < 0.2, 1 - x, x)
    expected = abs(np.corrcoef(x, y)[0, 1])
    assert distance_correlation(x, y, np.ones(2000)) == pytest.approx(expected, rel=1e-6)
    doubled = distance_correlation(np.append(x, x[:500]), np.append(y, y[:500]), np.ones(2500))
    weight = np.where(np.arange(2000) < 500, 2.0, 1.0)
    assert distance_correlation(x, y, weight) == pytest.approx(doubled)


def test_a_falling_window():
    with pytest.raises(ParameterError, match=r"the window must rise, from low to high, but is \[60.0, 0.0\]"):
        REPORT.replaced(window=[60.0, 0.0])
