from __future__ import annotations

import numpy as np
from hepdl_reports.significance import ams, best_threshold, bootstrap, counting, interval


def test_ams_without_systematics_is_the_known_limit():
    s, b = np.array([10.0, 50.0]), np.array([100.0, 30.0])
    limit = np.sqrt(2 * ((s + b) * np.log1p(s / b) - s))
    assert np.allclose(ams(s, b, np.zeros(2)), limit)
    assert np.allclose(ams(s, b, np.full(2, 1e-4)), limit)


def test_ams_is_a_fall_in_significance_by_the_background_error():
    s, b = np.full(3, 10.0), np.full(3, 1e4)
    assert np.allclose(ams(s, b, np.array([0.0, 100.0, 300.0])), 10 / np.sqrt([1e4, 2e4, 1e5]), rtol=2e-3)


def test_ams_agrees_with_louppe():
    def theirs(ns, nb, sigma):
        b0 = 0.5 * (nb - sigma**2 + np.sqrt((nb - sigma**2) ** 2 + 4 * (ns + nb) * sigma**2))
        return np.sqrt(2.0 * ((ns + nb) * np.log((ns + nb) / b0) - ns - nb + b0) + ((nb - b0) / sigma) ** 2)

    assert np.isclose(ams(np.array(60.0), np.array(40.0), np.array(7.0)), theirs(60.0, 40.0, 7.0))


def experiment(n=4000, shift=0.0, seed=1):
    random = np.random.default_rng(seed)
    signal, high = random.random(n) < 0.4, random.random(n) < 0.5
    score = np.clip(random.normal(0.4 + 0.3 * signal + shift * (high & ~signal), 0.15), 0, 1)
    return score, np.ones(n), [signal & ~high, ~signal & ~high, ~signal & high]


def test_counting_curve_is_ams_of_the_efficiencies():
    score, weight, groups = experiment(shift=0.1)
    thresholds = np.linspace(0, 1, 20, endpoint=False)
    one = counting(score, weight, groups, thresholds)
    curve = one.curve()
    e = [np.mean(score[group] >= thresholds[8]) for group in groups]
    sigma = 1000 * abs(e[1] - e[2])
    assert sigma > one.floor[8]
    assert np.isclose(curve[8], ams(np.array(100 * e[0]), np.array(1000 * e[1]), np.array(sigma)))
    assert np.isnan(curve[-1])


def test_sigma_has_its_statistical_error_as_floor():
    score, weight, groups = experiment()
    groups[2] = groups[1]
    one = counting(score, weight, groups, np.array([0.0, 0.5]))
    e, n = np.mean(score[groups[1]] >= 0.5), groups[1].sum()
    assert np.isclose(one.floor[1], 1000 * np.sqrt(2 * e * (1 - e) / n))
    s = 100 * np.mean(score[groups[0]] >= 0.5)
    assert np.isclose(one.curve()[1], ams(np.array(s), np.array(1000 * e), one.floor[1]))


def test_bootstrap_is_paired():
    score, weight, groups = experiment(shift=0.1)
    one = counting(score, weight, groups, np.linspace(0, 1, 10, endpoint=False))
    copies = bootstrap([one, one], 20, np.random.default_rng(1))
    assert copies.shape == (20, 2, 10)
    assert np.array_equal(copies[:, 0], copies[:, 1], equal_nan=True)
    assert np.std(copies[:, 0, 6]) > 0


def test_bootstrap_spread_is_that_of_repeated_experiments():
    thresholds = np.array([0.0, 0.55])
    repeated = [counting(*experiment(shift=0.1, seed=seed), thresholds).curve()[1] for seed in range(150)]
    one = counting(*experiment(shift=0.1, seed=999), thresholds)
    copies = bootstrap([one], 150, np.random.default_rng(1))[:, 0, 1]
    assert np.isclose(np.std(copies), np.std(repeated), rtol=0.35)
    low, high = interval(copies)
    assert low < one.curve()[1] < high


def test_no_cut_is_never_chosen():
    score, weight, groups = experiment(shift=0.3)
    one = counting(score, weight, groups, np.linspace(0, 1, 20, endpoint=False))
    assert np.nanargmax(one.curve()) == 0
    assert np.mean(score[groups[1]] >= one.thresholds[one.choose()]) <= 0.5


def test_best_threshold_ignores_a_lucky_crossing_and_gaps():
    curve = np.array([np.nan, 1, 1, 4, 1, 1, 2, 2.6, 2.7, 2.6, 2, 1, 1, np.nan])
    assert best_threshold(curve) == 8
    assert best_threshold(np.full(5, np.nan)) is None
