"""How different two weighted samples are, and how much two columns know of each other."""

from __future__ import annotations

import numpy as np

from hepdl_reports.weighted import cells, effective_number, histogram, quantiles

Weighted = tuple[np.ndarray, np.ndarray]
"""Values ``[N]`` and weights ``[N]`` of one sample."""


def kolmogorov_smirnov(first: Weighted, second: Weighted) -> float:
    """Greatest distance of the two cumulative distributions, each normalised to its sum of weights.

    Not a number when a sum of weights is not positive; so are the other distances.
    """
    values = np.concatenate([first[0], second[0]])
    steps = np.concatenate([_normalised(first[1]), -_normalised(second[1])])
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    return float(np.max(np.abs(np.cumsum(steps[order])[last])))


def kolmogorov_probability(distance: float, first: float, second: float) -> float:
    """Probability of a KS distance at least this large, for two samples of n_eff events from one distribution.

    Kolmogorov's series with the finite-sample term of M. A. Stephens, J. R. Stat. Soc. B 32 (1970) 115.
    """
    root = np.sqrt(first * second / (first + second))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:
        return 1.0
    k = np.arange(1, 101)
    return float(np.clip(2 * np.sum((-1.0) ** (k - 1) * np.exp(-2 * (k * scaled) ** 2)), 0, 1))


def jensen_shannon(first: Weighted, second: Weighted, edges: np.ndarray) -> float:
    """Jensen-Shannon divergence of the two histograms in bits (base 2): 0 for equal ones, 1 for disjoint ones.

    Bins whose sum of weights is negative count as empty.
    """
    p, q = (_probabilities(histogram(*sample, edges)[0]) for sample in (first, second))
    mixture = (p + q) / 2
    return (_relative_entropy(p, mixture) + _relative_entropy(q, mixture)) / (2 * np.log(2))


def jensen_shannon_floor(first: float, second: float, bins: int) -> float:
    """What statistics alone makes of it, in bits: (B - 1)/(8 ln 2) (1/n₁ + 1/n₂) for n_eff events and B filled bins."""
    return (bins - 1) / (8 * np.log(2)) * (1 / first + 1 / second)


def mutual_information(x: np.ndarray, y: np.ndarray, weight: np.ndarray, bins: tuple[int, int] = (50, 30)) -> float:
    """Mutual information in nats by quantile bins, corrected for finite statistics (Miller and Madow).

    The correction is (K_xy - K_x - K_y + 1) / (2 n_eff) with the numbers K of filled bins. There are fewer bins
    when a cell would hold less than ten effective events; a column with fewer distinct values keeps those.
    """
    effective = effective_number(weight)
    shrink = min(1.0, float(np.sqrt(max(effective, 40.0) / (10 * bins[0] * bins[1]))))
    codes = [quantile_codes(v, weight, max(2, int(b * shrink))) for v, b in zip((x, y), bins, strict=True)]
    wide = int(codes[1].max()) + 1
    joint = np.bincount(codes[0] * wide + codes[1], weight, minlength=(int(codes[0].max()) + 1) * wide)
    p = _probabilities(joint).reshape(-1, wide)
    product = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    filled = [np.count_nonzero(counts) for counts in (p, p.sum(1), p.sum(0))]
    return _relative_entropy(p, product) - (filled[0] - filled[1] - filled[2] + 1) / (2 * effective)


def quantile_codes(values: np.ndarray, weight: np.ndarray, bins: int) -> np.ndarray:
    """Bin number of each value, bins of equal Σ|w|; a bin for each value when there are few distinct ones."""
    distinct = np.unique(values)
    if len(distinct) <= bins:
        return np.searchsorted(distinct, values)
    edges = np.unique(quantiles(values, weight, np.linspace(0, 1, bins + 1)))
    return cells(values, edges)


def score_edges(score: np.ndarray, bins: int = 50) -> np.ndarray:
    """Equal bins over [0, 1] for a probability, else over the range of the score."""
    low, high = float(score.min()), float(score.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return np.linspace(low, high if high > low else low + 1, bins + 1)


def _normalised(weight: np.ndarray) -> np.ndarray:
    weight = weight.astype(np.float64)
    return weight / weight.sum() if weight.sum() > 0 else np.full(len(weight), np.nan)


def _probabilities(sums: np.ndarray) -> np.ndarray:
    return _normalised(np.maximum(sums, 0.0))


def _relative_entropy(p: np.ndarray, q: np.ndarray) -> float:
    filled = ~(p <= 0)
    return float(np.sum(p[filled] * np.log(p[filled] / q[filled])))
