from __future__ import annotations

import json
import logging

import numpy as np
import pytest
from hepdl_reports.tagger import TaggerReport

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, MissingColumn, NothingLeft, WiringError
from hepdl.events import Events

from .conftest import make_events, run_report


def test_pictures_and_numbers(tmp_path):
    metrics = {"step": "Fit", "phase": "training", "loss": 0.5, "validation_loss": 0.6}
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(metrics | {"epoch": e}) + "\n" for e in (1, 2)))
    report = run_report(TaggerReport(score="score", compare=["score_plain"]), make_events(), tmp_path)
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    for what in ("roc", "scores", "confusion", "losses_Fit"):
        assert {f"TaggerReport_{what}.png", f"TaggerReport_{what}.pdf"} <= names
    numbers = json.loads((tmp_path / "plots" / "TaggerReport.json").read_text())
    assert 0.8 < numbers["scores"]["score"]["auc"] < numbers["scores"]["score_plain"]["auc"] < 1
    at = [one["signal_efficiency"] for one in numbers["scores"]["score"]["rejections"]]
    assert at == [0.3, 0.5, 0.7]
    assert numbers["classes"]["signal"]["p"] > 0.001
    below, above = numbers["classes"]["signal"]["below_above_threshold"]
    assert np.isclose(below[0] + above[0], 1)
    assert report.summary()[0].startswith("TaggerReport: 'score' AUC 0.8")


def test_backward_roc_is_said_in_words(caplog):
    with caplog.at_level(logging.WARNING, "hepdl"):
        run_report(TaggerReport(score="score"), make_events(1500, negative=0.35))
    assert "the ROC of 'score' is not monotone: because of negative weights an efficiency falls by up to" in caplog.text


def test_without_training_part(events):
    run_report(TaggerReport(score="score"), events.where(events["part"] == 2))


def changed(events: Events, **columns) -> Events:
    return Events(events.columns() | columns)


def test_no_test_part(events):
    with pytest.raises(NothingLeft, match="TaggerReport: none of the .* selected events is in the test part"):
        run_report(TaggerReport(score="score"), events.where(events["part"] == 0))


def test_one_class_only(events):
    one = events.where(events["label"] == 1)
    with pytest.raises(BadValues, match=r"no event has label = '0' \(background\); there is: 1"):
        run_report(TaggerReport(score="score"), one)


def test_weights_that_do_not_sum_up(events):
    bad = changed(events, weight=np.where(events["label"] == 1, -1, 1).astype(np.float32))
    with pytest.raises(BadValues, match=r"signal events \(label = 1\) do not sum to more than 0"):
        run_report(TaggerReport(score="score"), bad)


def test_score_that_is_not_finite(events):
    score = events["score"].copy()
    score[np.flatnonzero(events["part"] == 2)[:3]] = np.nan
    with pytest.raises(BadValues, match="column 'score' is NaN or infinite in 3 of"):
        run_report(TaggerReport(score="score"), changed(events, score=score))


def test_unlabelled_events_do_not_count(events):
    label = events["label"].copy()
    label[::5] = np.nan
    run_report(TaggerReport(score="score"), changed(events, label=label))


def test_wiring_is_checked_before_any_event():
    columns = Columns(score=ColumnType(shape=(3,)), label=ColumnType())
    with pytest.raises(WiringError, match="column 'score' holds 3 numbers an event, one is needed"):
        TaggerReport(score="score").declare(columns)
    with pytest.raises(MissingColumn, match="no column 'scor', did you mean 'score'"):
        TaggerReport(score="scor").declare(columns)
