"""Response of a regression: its median and central width, in all and in bins, with errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepdl_reports.weighted import cells, effective_number, mean_and_deviation, quantiles

CENTRAL = np.array([0.15865, 0.5, 0.84135])
"""Where a Gaussian has −1, 0 and 1 σ."""
HALF_WIDTH = np.array([-0.5, 0.0, 0.5])
"""What makes of these quantiles half the central width."""
FEWEST = 10
"""Effective events below which a bin has no numbers."""


@dataclass(frozen=True)
class Spread:
    """Where a distribution lies and how wide it is, with errors."""

    median: float
    median_error: float
    width: float
    """Half the width of the central 68.3 %."""
    width_error: float

    def relative(self) -> tuple[float, float]:
        """Width over median, and its error."""
        if not self.median:
            return float("nan"), float("nan")
        return self.width / self.median, abs(self.width_error / self.median)

    def numbers(self) -> dict[str, float]:
        """For the JSON file."""
        return dict(vars(self))


@dataclass(frozen=True)
class Profile:
    """Spreads of the response in bins of a variable."""

    edges: np.ndarray
    spreads: list[Spread]

    def values(self, what: str, relative: bool = False) -> np.ndarray:
        """``[bins, (value, error)]`` of the median or the width."""
        if relative:
            return np.array([one.relative() for one in self.spreads])
        return np.array([(getattr(one, what), getattr(one, f"{what}_error")) for one in self.spreads])


def spread_of(values: np.ndarray, weight: np.ndarray) -> Spread:
    """Median and central width of values ``[N]``; not a number for too few effective events.

    Quantiles are of Σ|w|. Errors are those of quantiles of n_eff events, cov(Q_p, Q_r) = s_p s_r p (1 − r) / n_eff for
    p ≤ r, with the slope s_p = dQ/dp taken over one standard deviation of p to both sides.
    """
    n = effective_number(weight)
    if n < FEWEST:
        return Spread(*[float("nan")] * 4)
    step = np.sqrt(CENTRAL * (1 - CENTRAL) / n)
    at = np.clip(np.stack([CENTRAL - step, CENTRAL, CENTRAL + step]), 0, 1)
    low, middle, high = quantiles(values, weight, at.ravel()).reshape(at.shape)
    slope = (high - low) / (at[2] - at[0])
    covariance = np.outer(slope, slope) * np.minimum.outer(CENTRAL, CENTRAL) * (1 - np.maximum.outer(CENTRAL, CENTRAL))
    variance = HALF_WIDTH @ covariance @ HALF_WIDTH
    median_error, width_error = (float(np.sqrt(max(0.0, v) / n)) for v in (covariance[1, 1], variance))
    return Spread(float(middle[1]), median_error, float(HALF_WIDTH @ middle), width_error)


def profile_of(variable: np.ndarray, values: np.ndarray, weight: np.ndarray, bins: int) -> Profile:
    """Spreads of values ``[N]`` in bins of ``variable`` that hold about equal sums of weights."""
    edges = np.unique(quantiles(variable, weight, np.linspace(0, 1, bins + 1)))
    edges = edges if len(edges) > 1 else np.array([edges[0], edges[0] + 1])
    bin_of = cells(variable, edges)
    chosen = [bin_of == i for i in range(len(edges) - 1)]
    return Profile(edges, [spread_of(values[rows], weight[rows]) for rows in chosen])


def coverage(pull: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """Mean and deviation of pulls ``[N]``, and the fractions within 1 and 2 widths (a Gaussian has 0.683 and 0.954)."""
    mean, deviation = mean_and_deviation(pull, weight)
    total = float(weight.sum())
    within = {f"within_{n}": float(weight[np.abs(pull) < n].sum()) / total for n in (1, 2)}
    return {"mean": mean, "deviation": deviation} | within
