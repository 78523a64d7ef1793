from __future__ import annotations

import json
import logging

import numpy as np
import pytest
from hepdl_reports.pivot import PivotReport

from hepdl.errors import BadValues, NothingLeft
from hepdl.events import Events
from hepdl.job import Job

from .conftest import make_events, run_report

REPORT = PivotReport(score="score", plain="score_plain", nuisance="mu", copies=50)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    report = run_report(REPORT.replaced(), make_events(30_000, strengths=("1", "0p5")), folder)
    return report, folder, json.loads((folder / "plots" / "PivotReport.json").read_text())


def test_pictures(finished):
    names = {path.name for path in (finished[1] / "plots").iterdir()}
    for what in ("dependence", "tradeoff", "slices", "significance"):
        assert {f"PivotReport_{what}.png", f"PivotReport_{what}.pdf"} <= names


def test_numbers_tell_plain_from_pivot_and_from_shuffled(finished):
    networks, floor = finished[2]["networks"], finished[2]["floor"]
    for key in ("ks", "jsd", "mi"):
        assert networks["plain"][key]["value"] > 3 * networks["pivot"][key]["value"]
    assert networks["pivot"]["ks"]["value"] < floor["ks"]["value"] + 4 * floor["ks"]["error"]
    assert networks["plain"]["critic"]["value"] > 0.58
    assert abs(floor["critic"]["value"] - 0.5) < 0.02
    assert networks["plain"]["rejection_low"]["value"] > networks["plain"]["rejection_high"]["value"]
    assert networks["plain"]["efficiency_ratio"]["value"] > 1.5
    assert finished[2]["windows"] == {"low": "mu < 10", "high": "mu > 50"}
    assert finished[2]["n_eff"]["low"] < finished[2]["events"]["low"]


def test_gain_has_an_interval(finished):
    gain = finished[2]["ams"]
    low, high = gain["gain_68"]
    assert low < high and gain["gain"] == pytest.approx(gain["pivot"]["value"] / gain["plain"]["value"])


def test_scan_is_found_by_itself_and_in_order(finished):
    assert list(finished[2]["networks"]) == ["plain", "pivot", "0.5", "1"]


def test_table_and_verdict_are_on_screen(finished):
    report, _, numbers = finished
    text = "\n".join(report.summary())
    for part in ("plain network", "statistical floor", "background rejection at 50 % signal", "AUC of a critic for mu",
                 "dependence measured in background", "strength 0.5", "gain, 68 % bootstrap interval"):  # fmt: skip
        assert part in text
    assert numbers["verdict"] in text and numbers["alarms"] == []


def changed(events: Events, **columns) -> Events:
    return Events(events.columns() | columns)


def test_same_seed_same_numbers(tmp_path, events, monkeypatch):
    monkeypatch.setattr(Job, "picture", lambda *_: None)
    texts = []
    for name in "ab":
        run_report(REPORT.replaced(), events, tmp_path / name)
        texts.append((tmp_path / name / "plots" / "PivotReport.json").read_text())
    assert texts[0] == texts[1]


def test_collapsed_adversary_rings(caplog, events):
    copy = changed(events, score=events["score_plain"])
    with caplog.at_level(logging.WARNING, "hepdl"):
        report = run_report(REPORT.replaced(), copy)
    assert "ALARM: the dependence on mu is not reduced" in caplog.text
    assert "ALARM: the dependence on mu is not reduced" in "\n".join(report.summary())


def test_constant_score_rings(events):
    constant = changed(events, score=np.full(len(events), 0.5, np.float32))
    assert "ALARM: the score is as good as constant" in "\n".join(run_report(REPORT.replaced(), constant).summary())


def test_dependence_where_the_user_says_and_nuisance_discrete(tmp_path, events, monkeypatch):
    drawn = []
    monkeypatch.setattr(Job, "picture", lambda self, name, figure: drawn.append(name))
    mu = np.where(events["mu"] < 30, 0.0, 50.0)
    both = changed(events, mu=mu, **{"label >= 0": np.ones(len(events), bool)})
    report = REPORT.replaced(only="label >= 0", name="all")
    text = "\n".join(run_report(report, both, tmp_path).summary())
    assert "dependence measured in 'label >= 0', low: mu = 0" in text
    assert drawn[0] == "all_dependence" and (tmp_path / "plots" / "all.json").exists()


def test_without_validation_no_significance(caplog, events):
    with caplog.at_level(logging.WARNING, "hepdl"):
        report = run_report(REPORT.replaced(), events.where(events["part"] != 1))
    assert "no validation events: no threshold for the AMS can be chosen" in caplog.text
    assert "AMS: too few events" in "\n".join(report.summary())


def test_a_few_hundred_events_survive():
    run_report(REPORT.replaced(), make_events(300, negative=0.05))


def test_no_test_part(events):
    with pytest.raises(NothingLeft, match="PivotReport: none of the .* events is in the test part"):
        run_report(REPORT.replaced(), events.where(events["part"] == 0))


def test_one_class_only(events):
    with pytest.raises(BadValues, match=r"no event has label = '1' \(signal\); there is: 0"):
        run_report(REPORT.replaced(), events.where(events["label"] == 0))


def test_constant_nuisance(events):
    with pytest.raises(BadValues, match="nuisance 'mu' has always '7' in"):
        run_report(REPORT.replaced(), changed(events, mu=np.full(len(events), 7.0)))


def test_nuisance_may_be_unknown_where_it_is_not_measured(events):
    unknown = changed(events, mu=np.where(events["label"] == 1, np.nan, events["mu"]))
    assert "AMS: too few events" in "\n".join(run_report(REPORT.replaced(), unknown).summary())


def test_nuisance_that_is_not_finite(events):
    mu = events["mu"].copy()
    mu[np.flatnonzero((events["part"] == 2) & (events["label"] == 0))[0]] = np.inf
    with pytest.raises(BadValues, match="column 'mu' is NaN or infinite in 1 of"):
        run_report(REPORT.replaced(), changed(events, mu=mu))
