"""Jets and tracks with known probabilities: efficiencies, purities, discriminants and rejections."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hepdl_reports.classes_report import ClassesReport
from hepdl_reports.flavour import FlavourReport
from hepdl_reports.many_classes import Labelled, labelled

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events, Jagged

from .conftest import run_report

CLASSES = ["light", "c", "b", "tau"]


def jets(n: int = 8000, classes: int = 4) -> Events:
    """Jets with probabilities that are right: light 60 %, the others alike."""
    random = np.random.default_rng(5)
    label = random.choice(classes, n, p=[0.4, *[0.6 / (classes - 1)] * (classes - 1)])
    logits = random.normal(size=(n, classes)) + 2.0 * np.eye(classes)[label]
    score = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return Events({
        "p": score.astype(np.float32), "flavour": np.array([0, 4, 5, 15])[label], "label": label.astype(np.float32),
        "jet_pt": random.uniform(20, 200, n), "weight": random.choice([-1.0, 1.0, 2.0], n, p=[0.03, 0.8, 0.17]),
        "sample": np.zeros(n, np.int32), "part": random.choice(3, n, p=[0.3, 0.2, 0.5]).astype(np.int8),
    })  # fmt: skip


def tracks(n: int = 2000) -> Events:
    """The same as lists of tracks."""
    random, many = np.random.default_rng(6), jets(8000, 3)
    lengths = random.multinomial(8000, np.ones(n) / n)
    columns = {"p": Jagged.from_lengths(many["p"], lengths), "label": Jagged.from_lengths(many["label"], lengths)}
    return Events(columns | {name: many[name][:n] for name in ("weight", "sample", "part")})


def test_flavour_report(tmp_path):
    report = FlavourReport(
        score="p", target="flavour", classes=CLASSES, values=[0, 4, 5, 15], fractions={"c": 0.2, "tau": 0.05},
        against="jet_pt",
    )  # fmt: skip
    report = run_report(report, jets(), tmp_path)
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    for what in ("confusion", "purity", "roc", "discriminant", "rejections", "scan", "against_jet_pt"):
        assert {f"FlavourReport_{what}.png", f"FlavourReport_{what}.pdf"} <= names
    numbers = json.loads((tmp_path / "plots" / "FlavourReport.json").read_text())
    assert numbers["discriminant"] == {"c": 0.2, "tau": 0.05, "light": 0.75}
    points = numbers["working_points"]
    assert set(points) == {"light", "c", "tau"} and [one["signal_efficiency"] for one in points["c"]] == [
        0.6, 0.7, 0.77, 0.85,
    ]  # fmt: skip
    scan = numbers["scan"]
    assert scan["fraction"][0] == 0 and scan["fraction"][-1] == pytest.approx(0.95)
    c, light = (np.array(scan["rejections"][name])[:, 0] for name in ("c", "light"))
    assert c[-1] > c[0] and light[0] > light[-1]
    against = numbers["against"]["jet_pt"]
    assert len(against["efficiency"]) == 8 and np.mean([v for v, _ in against["efficiency"]]) == pytest.approx(
        0.77, abs=0.02
    )
    assert any(line.startswith("FlavourReport: rejection at 77 % b efficiency: light") for line in report.summary())


def test_tracks(tmp_path):
    report = run_report(ClassesReport(score="p", classes=["pile-up", "fake", "b"]), tracks(), tmp_path)
    numbers = json.loads((tmp_path / "plots" / "ClassesReport.json").read_text())
    assert sum(one["examples"] for one in numbers["classes"].values()) == pytest.approx(4000, rel=0.1)
    assert 0.6 < numbers["classes"]["b"]["efficiency"][0] < 0.9
    assert "ClassesReport: b AUC against the rest 0.9" in "\n".join(report.summary())


def test_what_is_of_no_class_is_counted(tmp_path):
    events = jets()
    others = int(((events["label"] == 3) & (events["part"] == 2)).sum())
    events = Events(events.columns() | {"p": events["p"][:, :3]})
    report = run_report(ClassesReport(score="p", classes=CLASSES[:3]), events, tmp_path)
    numbers = json.loads((tmp_path / "plots" / "ClassesReport.json").read_text())
    assert numbers["of_no_class"] == others
    assert report.summary()[0] == f"ClassesReport: {others} test examples have a 'label' of none of the classes"


def known() -> Labelled:
    probability = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.1, 0.2, 0.7]])
    return Labelled(probability, np.array([0, 1, 2, 1]), np.array([1.0, 1, 2, 3]), ("light", "c", "b"))


def test_efficiency_and_purity_by_hand():
    confusion, purity = known().confusion()[..., 0], known().purity()[..., 0]
    assert confusion.tolist() == [[1, 0, 0], [0, 0.25, 0.75], [0, 0, 1]]
    assert purity.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0.6, 0.4]]


def test_discriminant_by_hand():
    d = known().discriminant(2, {1: 0.2, 0: 0.8})
    assert d[0] == pytest.approx(np.log(0.1 / (0.2 * 0.2 + 0.8 * 0.7)))
    assert d[2] == pytest.approx(np.log(0.8 / (0.2 * 0.1 + 0.8 * 0.1)))


def test_a_score_of_two_classes_may_be_one_number():
    events = jets()
    events = Events(events.columns() | {"p1": events["p"][:, 2], "two": (events["label"] == 2).astype(float)})
    found, _ = labelled(events, "p1", "two", ["rest", "b"], [0, 1], "R")
    assert found.probability.shape == (8000, 2) and np.allclose(found.probability.sum(1), 1)


def test_mistakes():
    with pytest.raises(BadValues, match=r"R: nothing with label = 7 \(b\).*there is: 0, 1, 2, 3; see classes"):
        labelled(jets(), "p", "label", CLASSES, [0, 1, 7, 3], "R")
    with pytest.raises(ParameterError, match="signal 'x' is none of the classes light, c, b"):
        FlavourReport(score="p", signal="x")
    with pytest.raises(ParameterError, match="fractions: 'd' is none of the other flavours light, c"):
        FlavourReport(score="p", fractions={"d": 0.1})
    with pytest.raises(ParameterError, match="fractions must not be negative and sum to 1"):
        FlavourReport(score="p", fractions={"c": 1.2})
    with pytest.raises(ParameterError, match="2 values for 3 classes"):
        ClassesReport(score="p", classes=["a", "b", "c"], values=[0, 1])
    columns = Columns(p=ColumnType(shape=(3,)), label=ColumnType(jagged=True))
    with pytest.raises(WiringError, match=r"score 'p' is float32\[3\], but there are 4 classes"):
        ClassesReport(score="p", classes=CLASSES).declare(columns)
    with pytest.raises(WiringError, match="both must be of events or both of particles"):
        ClassesReport(score="p", classes=CLASSES[:3]).declare(columns)
