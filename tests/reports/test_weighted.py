from __future__ import annotations

import numpy as np
from hepdl_reports.weighted import effective_number, efficiency, histogram, mean_and_deviation, quantiles


def test_effective_number_of_equal_and_of_cancelling_weights():
    assert np.isclose(effective_number(np.full(7, 0.3)), 7)
    assert effective_number(np.array([1.0, 1.0, 1.0, -1.0])) == 1.0
    assert effective_number(np.zeros(3)) == 0.0


def test_efficiency_error_is_binomial_for_equal_weights():
    passed = np.arange(1000) < 300
    value, error = efficiency(passed, np.full(1000, 2.0))
    assert np.isclose(value, 0.3)
    assert np.isclose(error, np.sqrt(0.3 * 0.7 / 1000))


def test_efficiency_error_covers_with_negative_weights():
    random = np.random.default_rng(1)
    values, errors = [], []
    for _ in range(400):
        weight = np.where(random.random(500) < 0.2, -1.0, 1.0)
        one = efficiency(random.random(500) < 0.3, weight)
        values.append(one[0])
        errors.append(one[1])
    assert np.isclose(np.std(values), np.mean(errors), rtol=0.12)


def test_efficiency_without_weight_is_no_number():
    assert np.isnan(efficiency(np.array([True, False]), np.array([1.0, -1.0]))).all()


def test_quantiles_follow_the_weights():
    values = np.array([3.0, 1.0, 2.0])
    assert quantiles(values, np.array([0.0, 1.0, 1.0]), np.array([0.5, 1.0])).tolist() == [1.0, 2.0]


def test_histogram_keeps_what_is_outside_and_sums_squares():
    sums, errors = histogram(np.array([-5.0, 0.2, 0.7, 9.0]), np.array([1.0, -2.0, 3.0, 1.0]), np.array([0, 0.5, 1.0]))
    assert sums.tolist() == [-1.0, 4.0]
    assert np.allclose(errors, np.sqrt([5.0, 10.0]))


def test_mean_and_deviation():
    assert mean_and_deviation(np.array([0.0, 2.0]), np.array([1.0, 1.0])) == (1.0, 1.0)
