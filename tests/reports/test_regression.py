"""A regression with known bias, resolution and widths."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hepdl_reports.regression import RegressionReport
from hepdl_reports.response import coverage, profile_of, spread_of

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, NothingLeft, WiringError
from hepdl.events import Events

from .conftest import run_report


def jets(n: int = 6000) -> Events:
    """Masses that are predicted 5 % too high with 10 % resolution, and raw ones 20 % too high with 30 %."""
    random = np.random.default_rng(3)
    truth = random.uniform(50, 150, n)
    noise = random.normal(size=n)
    predicted = truth * (1.05 + 0.1 * noise)
    half = 0.105 * truth
    quantile = np.stack([predicted - half, predicted, predicted + half], 1)
    return Events({
        "m": truth, "m_hat": predicted, "m_raw": truth * (1.2 + 0.3 * random.normal(size=n)), "q": quantile,
        "gauss": np.stack([predicted - 0.05 * truth, 0.1 * truth], 1), "mu": random.uniform(0, 60, n),
        "weight": random.choice([-1.0, 1.0, 2.0], n, p=[0.05, 0.8, 0.15]), "sample": np.zeros(n, np.int32),
        "part": random.choice(3, n, p=[0.3, 0.2, 0.5]).astype(np.int8),
    })  # fmt: skip


def numbers(folder) -> dict:
    return json.loads((folder / "plots" / "RegressionReport.json").read_text())


def test_bias_and_resolution(tmp_path):
    report = run_report(
        RegressionReport(prediction="m_hat", target="m", compare=["m_raw"], against=["mu"], unit="GeV"),
        jets(),
        tmp_path,
    )
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    for what in ("response", "map", "against_m", "against_mu"):
        assert {f"RegressionReport_{what}.png", f"RegressionReport_{what}.pdf"} <= names
    found = numbers(tmp_path)
    mine, raw = found["estimates"]["m_hat"], found["estimates"]["m_raw"]
    assert abs(mine["median"] - 1.05) < 4 * mine["median_error"] < 0.02
    assert mine["width"] == pytest.approx(0.1, rel=0.06) and mine["resolution"] == pytest.approx(0.1 / 1.05, rel=0.06)
    assert raw["median"] == pytest.approx(1.2, abs=0.03) and raw["width"] == pytest.approx(0.3, rel=0.06)
    spreads = found["against"]["mu"]["m_hat"]["spreads"]
    assert len(spreads) == 10 and all(abs(one["median"] - 1.05) < 5 * one["median_error"] for one in spreads)
    assert report.summary()[0].startswith("RegressionReport: 'm_hat' bias 0.04")


def test_differences(tmp_path):
    run_report(RegressionReport(prediction="m_hat", target="m", response="difference", unit="GeV"), jets(), tmp_path)
    found = numbers(tmp_path)["estimates"]["m_hat"]
    assert found["resolution"] == found["width"] == pytest.approx(10, rel=0.1)
    assert found["mean_difference"] == pytest.approx(5, abs=0.6)


@pytest.mark.parametrize(("column", "mean"), [("gauss", 0.0), ("q", -0.476)])
def test_pulls_where_there_are_widths(tmp_path, column, mean):
    run_report(RegressionReport(prediction=column, target="m"), jets(), tmp_path)
    pull = numbers(tmp_path)["pull"]
    assert pull["mean"] == pytest.approx(mean, abs=0.08) and pull["deviation"] == pytest.approx(1, abs=0.07)
    assert (tmp_path / "plots" / "RegressionReport_pull.png").exists()


def test_errors_are_those_of_many_samples():
    random, spreads = np.random.default_rng(1), []
    for _ in range(60):
        spreads.append(spread_of(random.normal(size=400), np.ones(400)))
    for what in ("median", "width"):
        values = np.array([getattr(one, what) for one in spreads])
        told = np.mean([getattr(one, f"{what}_error") for one in spreads])
        assert told == pytest.approx(values.std(), rel=0.35)
        assert values.mean() == pytest.approx({"median": 0, "width": 1}[what], abs=0.03)


def test_too_few_events_have_no_numbers():
    one = spread_of(np.ones(4), np.ones(4))
    assert np.isnan(one.median) and np.isnan(one.width)
    flat = profile_of(np.ones(50), np.arange(50.0), np.ones(50), 5)
    assert len(flat.spreads) == 1 and flat.spreads[0].median == pytest.approx(24, abs=1)


def test_coverage_of_a_gaussian():
    pull = np.random.default_rng(1).normal(size=50_000)
    found = coverage(pull, np.ones(50_000))
    assert found["within_1"] == pytest.approx(0.6827, abs=0.01) and found["within_2"] == pytest.approx(0.9545, abs=0.01)


def test_mistakes():
    events = jets()
    truth = events["m"].copy()
    truth[np.flatnonzero(events["part"] == 2)[:2]] = 0
    with pytest.raises(BadValues, match=r"target 'm' is 0 in 2 of .* events, so there is no ratio; set response='diff"):
        run_report(RegressionReport(prediction="m_hat", target="m"), Events(events.columns() | {"m": truth}))
    columns = Columns(score=ColumnType(shape=(4,)), m=ColumnType())
    with pytest.raises(WiringError, match=r"prediction 'score' is float32\[4\]; it must be one number, mean and width"):
        RegressionReport(prediction="score", target="m").declare(columns)


def test_events_without_truth_do_not_count(tmp_path):
    events = jets()
    truth = events["m"].copy()
    truth[::3] = np.nan
    without = int((np.isnan(truth) & (events["part"] == 2)).sum())
    report = RegressionReport(prediction="m_hat", target="m")
    made = run_report(report, Events(events.columns() | {"m": truth}), tmp_path)
    assert numbers(tmp_path)["estimates"]["m_hat"]["median"] == pytest.approx(1.05, abs=0.02)
    assert numbers(tmp_path)["without_target"] == without
    assert made.summary()[0].startswith(f"RegressionReport: 'm' is NaN in {without} of ")
    with pytest.raises(NothingLeft, match="target 'm' is NaN in all"):
        run_report(report, Events(events.columns() | {"m": truth * np.nan}))
