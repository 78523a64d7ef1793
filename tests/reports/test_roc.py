from __future__ import annotations

import numpy as np
import pytest
from hepdl_reports.roc import rejection, roc
from sklearn.metrics import roc_auc_score, roc_curve


def tagger(n=800, ties=True, negative=0.0, seed=3):
    random = np.random.default_rng(seed)
    is_signal = random.random(n) < 0.4
    score = random.normal(is_signal * 1.2, 1)
    score = np.round(score, 1) if ties else score
    weight = random.uniform(0.2, 2, n) * np.where(random.random(n) < negative, -1, 1)
    return score, weight, is_signal


@pytest.mark.parametrize("ties", [True, False])
def test_curve_and_area_agree_with_sklearn(ties):
    score, weight, is_signal = tagger(ties=ties)
    curve = roc(score, weight, is_signal)
    background, signal, _ = roc_curve(is_signal, score, sample_weight=weight, drop_intermediate=False)
    assert np.allclose(curve.signal, signal) and np.allclose(curve.background, background)
    assert np.isclose(curve.area, roc_auc_score(is_signal, score, sample_weight=weight))
    assert curve.backward < 1e-12


def test_area_with_negative_weights_is_the_weighted_share_of_ordered_pairs():
    score, weight, is_signal = tagger(n=200, negative=0.2)
    s, b = score[is_signal][:, None], score[~is_signal][None, :]
    pairs = weight[is_signal][:, None] * weight[~is_signal][None, :]
    slow = (pairs * ((s > b) + 0.5 * (s == b))).sum() / pairs.sum()
    assert np.isclose(roc(score, weight, is_signal).area, slow)


def test_negative_weights_make_the_curve_run_backwards():
    assert roc(*tagger(ties=False, negative=0.2)).backward > 0


def test_threshold_is_the_tightest_that_keeps_the_signal():
    curve = roc(np.array([0.9, 0.8, 0.7, 0.6, 0.1]), np.ones(5), np.array([True, True, False, True, True]))
    assert curve.threshold_at(0.5) == 0.8
    assert curve.threshold_at(1.0) == 0.1


def test_rejection_and_its_error():
    one = rejection(0.5, np.arange(100) / 100, np.ones(100), 0.5)
    assert np.isclose(one.value, 2.0)
    assert np.isclose(one.error, np.sqrt(0.25 / 100) * 4)
    assert np.isnan(rejection(2.0, np.arange(100) / 100, np.ones(100), 0.5).value)


def test_a_constant_score_rejects_nothing():
    curve = roc(np.full(10, 0.3), np.ones(10), np.arange(10) < 5)
    assert curve.area == 0.5
    assert curve.threshold_at(0.5) == 0.3
