from __future__ import annotations

import numpy as np
from hepdl_reports.critic import critic_area
from scipy.stats import norm


def test_critic_reaches_the_best_possible_area_without_monotony():
    random = np.random.default_rng(1)
    low = random.normal(0, 1, 8000), np.ones(8000)
    high = random.normal(0, 1, 8000) * 2, np.ones(8000)
    area, error = critic_area(low, high, random)
    # likelihood ratio of two widths is |x|: AUC = P(|2x| > |y|) = 2 atan(2) / π
    assert abs(area - 2 * np.arctan(2) / np.pi) < 4 * error


def test_critic_of_a_shift():
    random = np.random.default_rng(2)
    low, high = ((random.normal(at, 1, 6000), np.ones(6000)) for at in (0.0, 0.5))
    area, error = critic_area(low, high, random)
    assert abs(area - norm.cdf(0.5 / np.sqrt(2))) < 4 * error


def test_control_is_one_half_within_its_error():
    random = np.random.default_rng(3)
    pulls = []
    for _ in range(40):
        weights = [np.where(random.random(1000) < 0.1, -1.0, 1.0) for _ in range(2)]
        area, error = critic_area(*((random.random(1000), weight) for weight in weights), random)
        pulls.append((area - 0.5) / error)
    assert abs(np.mean(pulls)) < 0.5
    assert 0.6 < np.std(pulls) < 1.5


def test_a_constant_score_tells_nothing():
    constant = np.full(100, 0.5), np.ones(100)
    assert critic_area(constant, constant, np.random.default_rng(1))[0] == 0.5
