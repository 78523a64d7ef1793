"""Sums over weighted events, weights of either sign: efficiencies, quantiles, histograms."""

from __future__ import annotations

import numpy as np


def effective_number(weight: np.ndarray) -> float:
    """n_eff = (Σw)²/Σw²: how many unweighted events say as much."""
    squares = float(np.sum(np.square(weight, dtype=np.float64)))
    return float(np.sum(weight, dtype=np.float64)) ** 2 / squares if squares > 0 else 0.0


def efficiency(passed: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Weighted fraction that passed and its error: √Σw² of passed and failed, propagated to the fraction."""
    weight = weight.astype(np.float64)
    total = float(weight.sum())
    if total <= 0:
        return float("nan"), float("nan")
    value = float(weight[passed].sum()) / total
    squares = np.square(weight)
    variance = (1 - value) ** 2 * squares[passed].sum() + value**2 * squares[~passed].sum()
    return value, float(np.sqrt(variance)) / total


def quantiles(values: np.ndarray, weight: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Values below which the fractions ``at`` of Σ|w| lie."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(np.abs(weight[order], dtype=np.float64))
    place = np.searchsorted(below, np.asarray(at) * below[-1])
    return values[order][np.minimum(place, len(values) - 1)]


def histogram(values: np.ndarray, weight: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Σw and √Σw² in each bin; values outside count in the first or last bin."""
    cell = cells(values, edges)
    weight = weight.astype(np.float64)
    sums = np.bincount(cell, weight, minlength=len(edges) - 1)
    return sums, np.sqrt(np.bincount(cell, np.square(weight), minlength=len(edges) - 1))


def cells(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Index of the bin ``[edge, next edge)`` of each value; values outside count in the first or last bin."""
    return np.searchsorted(edges[1:-1], values, side="right")


def mean_and_deviation(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Weighted mean and standard deviation."""
    total = float(np.sum(weight, dtype=np.float64))
    mean = float(np.dot(values.astype(np.float64), weight)) / total
    variance = float(np.dot(np.square(values - mean, dtype=np.float64), weight)) / total
    return mean, float(np.sqrt(max(variance, 0.0)))
