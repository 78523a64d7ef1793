from __future__ import annotations

import numpy as np
import pytest
from hepdl_reports.distance import (
    jensen_shannon,
    jensen_shannon_floor,
    kolmogorov_probability,
    kolmogorov_smirnov,
    mutual_information,
    score_edges,
)  # fmt: skip
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp
from sklearn.metrics import mutual_info_score


def samples(seed=1, n=300):
    random = np.random.default_rng(seed)
    return random.normal(0, 1, n), random.normal(0.3, 1.1, 2 * n)


@pytest.mark.parametrize("digits", [1, 8])
def test_ks_agrees_with_scipy(digits):
    a, b = (np.round(sample, digits) for sample in samples())
    assert np.isclose(kolmogorov_smirnov((a, np.ones(len(a))), (b, np.ones(len(b)))), ks_2samp(a, b).statistic)


def test_ks_of_integer_weights_is_that_of_repeated_events():
    a, b = samples()
    copies = np.random.default_rng(2).integers(0, 4, len(a))
    weighted = kolmogorov_smirnov((a, copies.astype(float)), (b, np.ones(len(b))))
    assert np.isclose(weighted, ks_2samp(np.repeat(a, copies), b).statistic)


def test_an_event_and_its_negative_twin_cancel():
    a, b = samples()
    twice = np.concatenate([a, [5.0, 5.0]]), np.concatenate([np.ones(len(a)), [1.0, -1.0]])
    ones = np.ones(len(b))
    assert np.isclose(kolmogorov_smirnov(twice, (b, ones)), kolmogorov_smirnov((a, np.ones(len(a))), (b, ones)))


def test_ks_probability_agrees_with_scipy_and_is_flat_for_equal_samples():
    a, b = samples()
    found = ks_2samp(a, b, method="asymp")
    assert np.isclose(kolmogorov_probability(found.statistic, len(a), len(b)), found.pvalue, rtol=0.2)
    random = np.random.default_rng(5)
    p = []
    for _ in range(200):
        one, two = (random.normal(0, 1, 200), np.ones(200)), (random.normal(0, 1, 200), np.ones(200))
        p.append(kolmogorov_probability(kolmogorov_smirnov(one, two), 200, 200))
    assert 0.4 < np.mean(p) < 0.6
    assert kolmogorov_probability(0.0, 10, 10) == 1.0


def test_jensen_shannon_agrees_with_scipy_in_bits():
    a, b = samples()
    edges = np.linspace(-4, 4, 21)
    ones = np.ones(len(a)), np.ones(len(b))
    counts = [np.histogram(np.clip(sample, -3.999, 3.999), edges)[0] for sample in (a, b)]
    assert np.isclose(jensen_shannon((a, ones[0]), (b, ones[1]), edges), jensenshannon(*counts, base=2) ** 2)


def test_jensen_shannon_of_equal_and_disjoint_samples():
    edges, ones = np.linspace(0, 1, 11), np.ones(50)
    low, high = np.full(50, 0.05), np.full(50, 0.95)
    assert jensen_shannon((low, ones), (low, ones), edges) == 0
    assert np.isclose(jensen_shannon((low, ones), (high, ones), edges), 1)


def test_jensen_shannon_floor_is_the_mean_of_equal_samples():
    random, edges = np.random.default_rng(1), np.linspace(0, 1, 51)
    runs = [
        jensen_shannon((random.random(4000), np.ones(4000)), (random.random(2000), np.ones(2000)), edges)
        for _ in range(50)
    ]
    assert np.isclose(np.mean(runs), jensen_shannon_floor(4000, 2000, 50), rtol=0.1)


def test_mutual_information_of_independent_columns_is_zero_after_correction():
    random = np.random.default_rng(1)
    runs = [mutual_information(random.random(20_000), random.random(20_000), np.ones(20_000)) for _ in range(5)]
    assert abs(np.mean(runs)) < 0.001


def test_mutual_information_of_correlated_normals():
    random = np.random.default_rng(1)
    x = random.normal(0, 1, 60_000)
    y = 0.6 * x + 0.8 * random.normal(0, 1, 60_000)
    assert np.isclose(mutual_information(x, y, np.ones(60_000)), -0.5 * np.log(1 - 0.36), rtol=0.04)


def test_mutual_information_of_discrete_columns_agrees_with_sklearn():
    random = np.random.default_rng(1)
    x, y = random.integers(0, 4, 5000), random.integers(0, 3, 5000)
    y = np.where(random.random(5000) < 0.3, x % 3, y)
    slow = mutual_info_score(x, y) - (12 - 4 - 3 + 1) / (2 * 5000)
    assert np.isclose(mutual_information(x, y, np.ones(5000)), slow)


def test_score_edges_of_a_probability_and_of_anything_else():
    assert score_edges(np.array([0.2, 0.4]), 4).tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert score_edges(np.array([-2.0, 2.0]), 2).tolist() == [-2, 0, 2]
    assert score_edges(np.array([5.0, 5.0]), 1).tolist() == [5, 6]
