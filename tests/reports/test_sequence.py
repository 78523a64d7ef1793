"""Distances of what was said, at each place, against the straight line; weights and lengths count."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hepdl_reports.sequence import SequenceReport, compared, padded

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, NothingLeft, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job

LIST = ColumnType(shape=(2,), jagged=True, members=("x", "y"))
COLUMNS = Columns(hits=LIST, next=LIST, free=LIST, weight=ColumnType())


def lists(*tracks: list) -> Jagged:
    values = [np.array(track, np.float32).reshape(-1, 2) for track in tracks]
    return Jagged.from_lengths(np.concatenate(values), np.array([len(track) for track in values]))


def parabolas() -> Events:
    """(i, i²): a straight line misses by 2 each time; what is said by 1 in the first and 0 in the second list."""
    tracks = [[(i, i**2) for i in range(5)], [(i, i**2) for i in range(4)], []]
    said = [
        [(i + 1, (i + 1) ** 2 + off) for i in range(len(track))] for off, track in zip((1, 0, 0), tracks, strict=True)
    ]
    free = [[(3, 9), (4, 16)], [(3, 9), (4, 16)], []]
    weights = np.array([1, 3, 1], np.float32)
    return Events({
        "hits": lists(*tracks), "next": lists(*said), "free": lists(*free), "weight": weights,
        "part": np.array([2, 2, 2]), "sample": np.zeros(3, np.int64),
    })  # fmt: skip


def report(folder: Path | None = None, **more: object) -> SequenceReport:
    made = SequenceReport(sequence="hits", prediction="next", **more).model_copy(deep=True)
    made.declare(COLUMNS)
    made.initialize(Job(folder=folder).for_step("SequenceReport", COLUMNS))
    return made


def test_lists_as_a_block() -> None:
    block = padded(lists([(1, 2)], [], [(3, 4), (5, 6)]))
    assert block.shape == (3, 2, 2)
    assert np.isnan(block[0, 1]).all()
    assert block[2].tolist() == [[3, 4], [5, 6]]


def test_distances_are_weighted_means_of_what_is_there() -> None:
    true = np.array([[[0.0], [0.0]], [[0.0], [np.nan]]])
    found = compared(true + np.array([[[1.0]], [[3.0]]]), true + 2, true, np.array([1.0, 3.0]))
    assert found["lists"].tolist() == [2, 1]
    assert found["distance"].tolist() == [(1 + 9) / 4, 1]
    assert found["mean"] == pytest.approx((1 + 9 + 1) / 5)
    assert found["mean_straight"] == pytest.approx(2)


def test_a_report_of_parabolas(tmp_path: Path) -> None:
    made = report(tmp_path, continuation="free", seen=3, unit="m")
    made.execute(parabolas())
    made.finalize()
    numbers = json.loads(next(tmp_path.rglob("SequenceReport.json")).read_text())
    assert numbers["next"]["mean_straight"] == pytest.approx(2)
    assert numbers["next"]["mean"] == pytest.approx(3 / (3 + 3 * 2))  # three steps of weight 1, two of weight 3
    assert numbers["continuation"]["mean"] == 0
    assert numbers["continuation"]["distance_straight"] == pytest.approx([2, 6])
    assert made.summary()[0] == "SequenceReport: next: mean distance 0.3333 m, on a straight line 2 m"
    names = {path.stem for path in tmp_path.rglob("*.png")}
    assert names == {"SequenceReport_next", "SequenceReport_continuation", "SequenceReport_lists"}


def test_what_cannot_be_reported() -> None:
    with pytest.raises(WiringError, match=r"'weight' is float32; a list is needed .* features of 'hits'"):
        SequenceReport(sequence="hits", prediction="weight").declare(COLUMNS)
    with pytest.raises(WiringError, match="at least 4 of them"):
        SequenceReport(sequence="hits", prediction="next", axes=[0, 3]).declare(COLUMNS)
    made, events = report(), parabolas()
    made.execute(Events(events.columns() | {"next": lists([(1, 1)], [], [])}))
    with pytest.raises(BadValues, match="the lists 'next' and 'hits' have different lengths"):
        made.finalize()
    made = report()
    made.execute(events.rows(2, 3))
    with pytest.raises(NothingLeft, match="no list of 'hits' has three particles"):
        made.finalize()
