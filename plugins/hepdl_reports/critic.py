"""An independent critic: can high nuisance be told from low nuisance by the score alone?

It knows nothing of the adversary, so it notices one that has collapsed.
"""

from __future__ import annotations

import numpy as np

from hepdl_reports.distance import Weighted
from hepdl_reports.roc import roc
from hepdl_reports.weighted import cells, effective_number, histogram, quantiles

BINS = 20


def critic_area(low: Weighted, high: Weighted, random: np.random.Generator) -> tuple[float, float]:
    """AUC of the best classifier of high against low by one score, and its error; 0.5 when the score knows nothing.

    The classifier is the likelihood ratio in 20 quantile bins, learned on one half of the events and judged on
    the other, both ways round. The error is that of a rank sum, √((1/n_low + 1/n_high)/12) with n_eff.
    Not a number when the weights of a half do not sum to more than 0.
    """
    halves = [_halves(sample, random) for sample in (low, high)]
    if any(weight.sum() <= 0 for pair in halves for _, weight in pair):
        return float("nan"), float("nan")
    areas = [_judged(halves[0][i], halves[1][i], halves[0][1 - i], halves[1][1 - i]) for i in (0, 1)]
    error = np.sqrt(sum(1 / effective_number(weight) for _, weight in (low, high)) / 12)
    return float(np.mean(areas)), float(error)


def _halves(sample: Weighted, random: np.random.Generator) -> list[Weighted]:
    order = random.permutation(len(sample[0]))
    middle = len(order) // 2
    return [(sample[0][rows], sample[1][rows]) for rows in (order[:middle], order[middle:])]


def _judged(low: Weighted, high: Weighted, low_test: Weighted, high_test: Weighted) -> float:
    edges, ratio = _likelihood_ratio(low, high)
    judged = np.concatenate([ratio[cells(sample[0], edges)] for sample in (low_test, high_test)])
    is_high = np.repeat([False, True], [len(low_test[0]), len(high_test[0])])
    return roc(judged, np.concatenate([low_test[1], high_test[1]]), is_high).area


def _likelihood_ratio(low: Weighted, high: Weighted) -> tuple[np.ndarray, np.ndarray]:
    values, weight = (np.concatenate(pair) for pair in zip(low, high, strict=True))
    edges = np.unique(quantiles(values, weight, np.linspace(0, 1, BINS + 1)))
    edges = edges if len(edges) > 2 else np.array([-np.inf, edges[-1], np.inf])
    return edges, _density(high, edges) / _density(low, edges)


def _density(sample: Weighted, edges: np.ndarray) -> np.ndarray:
    """Probability of each bin, one event more in each, so that none is empty."""
    events = np.maximum(histogram(*sample, edges)[0], 0.0) * np.sum(sample[1]) / np.sum(np.square(sample[1]))
    return (events + 1) / (events.sum() + len(events))
