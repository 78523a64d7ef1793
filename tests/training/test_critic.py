from __future__ import annotations

import logging
import math

import numpy as np
import pytest
import torch
from hepdl_networks.mixture_density import MixtureDensity
from hepdl_training.critic import adversary_bound, binned_information, judge, low_high_distance

from hepdl.columns import Columns, ColumnType

RNG = np.random.default_rng(1)
N = 20_000
A, B = RNG.normal(size=(2, N))
ONES = np.ones(N)


def test_information_of_correlated_gaussians() -> None:
    r = 0.5
    found, noise = binned_information(A, r * A + math.sqrt(1 - r * r) * B, ONES)
    assert found == pytest.approx(-0.5 * math.log(1 - r * r), abs=0.01) and noise < 0.002


def test_no_information_is_zero_within_noise() -> None:
    found, noise = binned_information(A, B, ONES)
    assert abs(found) < 4 * noise
    found, noise = binned_information(A, (B > 0).astype(float), ONES)
    assert abs(found) < 4 * noise


def test_negative_weights_are_fine() -> None:
    weight = np.where(RNG.random(N) < 0.2, -1.0, 1.0)
    found, noise = binned_information(A, B, weight)
    assert abs(found) < 8 * noise


def test_distance_between_low_and_high() -> None:
    assert low_high_distance(A, A, ONES) == 1
    assert low_high_distance(A, B, ONES) < 0.04
    assert low_high_distance(ONES, B, ONES) == 0


def test_the_bound_is_zero_for_a_blind_adversary_and_exact_for_a_perfect_one() -> None:
    adversary = MixtureDensity(inputs=["score"], components=1, layers=[], shift=0.0, scale=1.0).build(
        Columns(score=ColumnType())
    )
    r, weight = 0.8, torch.ones(N)
    score, z = torch.from_numpy(A).float(), torch.from_numpy(r * A + math.sqrt(1 - r * r) * B).float()
    with torch.no_grad():
        layer = adversary.network.layers[0]
        layer.weight.zero_()
        layer.bias.zero_()
        blind = adversary_bound(adversary, z, weight, [score], 0)
        layer.weight[1] = r
        layer.bias[2] = 0.5 * math.log(1 - r * r)
        perfect = adversary_bound(adversary, z, weight, [score], 0)
    assert float(blind) == pytest.approx(0, abs=1e-5)
    assert float(perfect) == pytest.approx(-0.5 * math.log(1 - r * r), abs=0.03)


def test_a_collapsed_adversary_is_noticed_in_words(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("hepdl.Pivot")
    with caplog.at_level(logging.INFO, "hepdl.Pivot"):
        judge(A, 0.5 * A + B, ONES, bound=0.001).tell(log, "score", "mu", 200)
        judge(A, 0.5 * A + B, ONES, bound=0.1).tell(log, "score", "mu", 200)
        judge(A, B, ONES, bound=0.0).tell(log, "score", "mu", 200)
        judge(A, B, ONES, bound=math.nan).tell(log, "score_plain", "mu", 0)
    collapsed, honest, pivotal, plain = caplog.records
    assert collapsed.levelname == "WARNING"
    assert "the adversary of 'score' has collapsed: it sees 0.001 nat about 'mu'" in collapsed.message
    assert "The score is NOT pivotal. Try a smaller strength (now 200)" in collapsed.message
    assert {honest.levelname, pivotal.levelname, plain.levelname} == {"INFO"}


def test_a_score_with_members() -> None:
    assert judge(np.stack([B, A], 1), A, ONES, 0.0).ks == 1
