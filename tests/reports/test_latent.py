"""LatentReport: known places, known correlations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hepdl_reports.latent import LatentReport, correlation, principal_plane

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, WiringError
from hepdl.events import Events
from tests.reports.conftest import make_events, run_report


def with_plane(dimension: int = 2) -> Events:
    """Classes three apart along the first axis; the second one is mu."""
    events, random = make_events(4000), np.random.default_rng(1)
    place = random.normal(0, 0.1, (4000, dimension))
    place[:, 0] += 3 * events["label"]
    place[:, 1] += events["mu"] / 60
    return events.plus({"place": place.astype(np.float32), "noise": random.normal(size=4000)})


def test_numbers_and_picture(tmp_path: Path) -> None:
    report = run_report(LatentReport(latent="place", against=["mu", "noise"]), with_plane(), tmp_path)
    numbers = json.loads((tmp_path / "plots" / "LatentReport.json").read_text())
    assert numbers["nearest_to_own_centre"] > 0.99
    centres = [one["centre"] for one in numbers["classes"].values()]
    np.testing.assert_allclose(centres, [[0, 0.5], [3, 0.5]], atol=0.05)
    assert abs(numbers["correlation"]["mu"][0]) < 0.1 < 0.9 < numbers["correlation"]["mu"][1]
    assert abs(numbers["correlation"]["noise"][1]) < 0.1
    assert (tmp_path / "plots" / "LatentReport.png").exists()
    assert report.summary()[0].endswith("of the test events lie nearest to the centre of their class")


def test_events_of_classes_that_are_not_shown_are_counted(tmp_path: Path) -> None:
    events = with_plane()
    test = np.flatnonzero(events["part"] == 2)
    label = events["label"].copy()
    label[test[:3]], label[test[3]] = np.nan, 12
    for value in range(3, 9):
        label[test[10 * value : 10 * value + 2]] = value
    changed = Events(events.columns() | {"label": label, "weight": np.ones(len(events))})
    report = run_report(LatentReport(latent="place"), changed, tmp_path)
    numbers = json.loads((tmp_path / "plots" / "LatentReport.json").read_text())
    assert len(numbers["classes"]) == 8 and numbers["events"] + 4 == len(test)
    assert "(4 events of other classes or of none not among them)" in report.summary()[0]


def test_more_dimensions_are_seen_in_the_plane_of_largest_variance() -> None:
    events = with_plane(5)
    plane = principal_plane(events["place"][:, [4, 1, 3, 0, 2]], np.ones(4000))
    assert abs(np.corrcoef(plane[:, 0], events["label"])[0, 1]) > 0.99
    assert abs(np.corrcoef(plane[:, 1], events["mu"])[0, 1]) > 0.9


def test_correlation_is_weighted() -> None:
    x, y = np.array([0.0, 1, 2, 5]), np.array([0.0, 2, 4, -9])
    assert correlation(x, y, np.array([1.0, 1, 1, 0])) == pytest.approx(1)
    assert np.isnan(correlation(x, np.ones(4), np.ones(4)))


def test_messages() -> None:
    negative = with_plane()
    negative = Events(negative.columns() | {"weight": np.where(negative["label"] == 1, -1.0, 1.0)})
    with pytest.raises(BadValues, match=r"test events of label = 1 \(.*\) do not sum to more than 0"):
        run_report(LatentReport(latent="place"), negative)
    columns = Columns({"score": ColumnType(), "place": ColumnType(shape=(2,)), "label": ColumnType()})
    with pytest.raises(WiringError, match="LatentReport: 'score' is float32; at least two numbers an event are needed"):
        LatentReport(latent="score").declare(columns)
    with pytest.raises(WiringError, match=r"'place' is float32\[2\]; one number an event is needed"):
        LatentReport(latent="place", against=["place"]).declare(columns)
