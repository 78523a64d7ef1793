"""The exams of taggers: the evaluator against scikit-learn, and what is kept between calls."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

ROOT = Path(__file__).parents[2]


@pytest.fixture
def exams(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "physics"))
    monkeypatch.syspath_prepend(str(ROOT / "data"))
    import quark_gluon
    import tagging
    import top

    yield argparse.Namespace(tagging=tagging, quark_gluon=quark_gluon, top=top)
    for name in ("tagging", "quark_gluon", "top"):
        del sys.modules[name]


def scores(tagging, seed=1, events=500):
    random = np.random.default_rng(seed)
    signal = random.random(events) < 0.4
    score = np.round(random.normal(signal, 1.0), 1)  # with ties
    return tagging.Scores(score, signal, random.uniform(0.5, 2, events))


def test_auc_is_that_of_sklearn(exams):
    one = scores(exams.tagging)
    assert one.auc() == pytest.approx(roc_auc_score(one.signal, one.score, sample_weight=one.weight))
    copies = np.random.default_rng(2).poisson(1.0, 500)
    expected = roc_auc_score(one.signal, one.score, sample_weight=one.weight * copies)
    assert one.auc(copies) == pytest.approx(expected)


def test_rejection_is_that_of_the_curve_of_sklearn(exams):
    one = scores(exams.tagging)
    false, true, _ = roc_curve(one.signal, one.score, sample_weight=one.weight, drop_intermediate=False)
    assert one.rejection(0.5) == pytest.approx(1 / false[np.argmax(true >= 0.5)])


def test_perfect_and_useless(exams):
    signal, weight = np.arange(10) > 4, np.ones(10)
    assert exams.tagging.Scores(np.arange(10.0), signal, weight).auc() == 1
    assert exams.tagging.Scores(np.zeros(10), signal, weight).auc() == 0.5


def test_bootstrap_takes_the_same_jets_for_all_models(exams):
    one = exams.tagging.judged([scores(exams.tagging)], copies=20)
    two = exams.tagging.judged([scores(exams.tagging)], copies=20)
    gain, error = exams.tagging.compare({"a": one, "b": two}, "a", "b", "AUC")
    assert gain == error == 0
    assert 0.005 < one["AUC"].error < 0.05


def options(out, **more):
    known = {"out": out, "epochs": 1, "threads": 1, "train_files": 1, "validation_files": 0}
    return argparse.Namespace(**known | more)


def train(exams, given, seed=1):
    first = exams.tagging.reader(ROOT / "data" / "quark_gluon", ["gluon", "quark"], given, identity=["event"])
    return exams.tagging.trained("Dense", exams.quark_gluon.MODELS["Dense"], first, seed, given)


def test_what_is_stored_is_not_run_again(exams, tmp_path, monkeypatch):
    once = train(exams, options(tmp_path))
    kept = json.loads((tmp_path / "Dense_1.json").read_text())
    assert kept["test_jets"] == len(once.score) == 2000
    assert kept["AUC"] == pytest.approx(once.auc())
    monkeypatch.setattr(exams.tagging, "run", None)
    again = train(exams, options(tmp_path))
    assert np.array_equal(again.score, once.score)
    with pytest.raises(SystemExit, match=r"another exam \(epochs differ\)"):
        train(exams, options(tmp_path, epochs=2))


def test_training_and_test_are_different_files(exams, tmp_path):
    train(exams, options(tmp_path))
    with np.load(tmp_path / "Dense_1.npz") as file:
        assert file["signal"].sum() == 1000


@pytest.mark.parametrize("exam", ["quark_gluon", "top"])
def test_chains_fit_together(exams, exam, tmp_path):
    module = getattr(exams, exam)
    folder, classes = ROOT / "data" / exam, {"quark_gluon": ["gluon", "quark"], "top": ["qcd", "top"]}[exam]
    more = {"several_per_event": "jet_rank"} if exam == "top" else {}
    for name, model in module.MODELS.items():
        first = exams.tagging.reader(folder, classes, options(tmp_path), identity=["event"], **more)
        assert exams.tagging.chain_of(first, model, 1).check(), name
