"""Expected significance with a systematic error on the background, and the paired bootstrap of its gain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hepdl_reports.weighted import effective_number

SIGNAL, BACKGROUND = 100.0, 1000.0
"""Expected events before the cut, as Louppe, Kagan and Cranmer have them (arXiv:1611.01046, section 5.2)."""
LOOSEST = 0.5
"""Background efficiency up to which a threshold may be chosen. Without a cut both backgrounds are 1000 by
normalisation, so that σ_b vanishes there whatever the score does."""
FEWEST = 5.0
"""Effective background events that must pass in each slice; tighter thresholds are not looked at."""


def ams(s: np.ndarray, b: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Approximate median significance of s over b events with b known to ± sigma (their AMS₁; σ → 0 is its limit)."""
    variance = np.square(sigma)
    b0 = (b - variance + np.sqrt(np.square(b - variance) + 4 * (s + b) * variance)) / 2
    known = sigma > 0
    pull = np.where(known, (b - b0) / np.where(known, sigma, 1.0), 0.0)
    return np.sqrt(np.maximum(2 * ((s + b) * np.log((s + b) / b0) - s - b + b0) + np.square(pull), 0.0))


@dataclass(frozen=True)
class Counting:
    """A counting experiment: signal and background at low nuisance, background at high nuisance (all ``[n]``).

    ``passes[g]`` is the number of thresholds that each event of group g reaches, ``weights[g]`` its weight.
    """

    passes: tuple[np.ndarray, np.ndarray, np.ndarray]
    weights: tuple[np.ndarray, np.ndarray, np.ndarray]
    thresholds: np.ndarray

    def curve(self, copies: list[np.ndarray] | None = None) -> np.ndarray:
        """AMS at each threshold ``[T]``; ``copies[g]`` is how often a bootstrap took each event.

        σ_b is the difference of the backgrounds at low and high nuisance, but at least its statistical error.
        Not a number where too few background events pass.
        """
        weights = self.weights if copies is None else [w * k for w, k in zip(self.weights, copies, strict=True)]
        signal, low, high = (self._fractions(p, w) for p, w in zip(self.passes, weights, strict=True))
        s, b, shifted = SIGNAL * signal, BACKGROUND * low, BACKGROUND * high
        usable = (s > 0) & (b > 0) & (self.statistics > FEWEST)
        s, b = np.where(usable, s, 1.0), np.where(usable, b, 1.0)
        return np.where(usable, ams(s, b, np.maximum(np.abs(b - shifted), self.floor)), np.nan)

    def choose(self) -> int | None:
        """The threshold with the best AMS; None when there is none that may be chosen."""
        background = self._fractions(self.passes[1], self.weights[1])
        return best_threshold(np.where(background <= LOOSEST, self.curve(), np.nan))

    @cached_property
    def floor(self) -> np.ndarray:
        """Statistical error of the background difference at each threshold ``[T]``, in expected events."""
        variances = []
        for passes, weight in zip(self.passes[1:], self.weights[1:], strict=True):
            e = self._fractions(passes, weight)
            variances.append(np.maximum(e * (1 - e), 0.0) / max(effective_number(weight), 1.0))
        return BACKGROUND * np.sqrt(variances[0] + variances[1])

    @cached_property
    def statistics(self) -> np.ndarray:
        """Effective background events that pass each threshold ``[T]``, the smaller of the two slices."""
        fractions = [
            self._fractions(p, w) * effective_number(w) for p, w in zip(self.passes, self.weights, strict=True)
        ]
        return np.minimum(fractions[1], fractions[2])

    def _fractions(self, passes: np.ndarray, weight: np.ndarray) -> np.ndarray:
        reached = np.bincount(passes, weight, minlength=len(self.thresholds) + 1)
        above = np.cumsum(reached[::-1])[::-1]
        return above[1:] / above[0] if above[0] > 0 else np.zeros(len(self.thresholds))


def counting(score: np.ndarray, weight: np.ndarray, groups: list[np.ndarray], thresholds: np.ndarray) -> Counting:
    """From events and three masks: signal at low, background at low, background at high nuisance."""
    passes = np.searchsorted(thresholds, score, side="right")
    chosen = [np.flatnonzero(group) for group in groups]
    weights = [weight[rows].astype(np.float64) for rows in chosen]
    return Counting((passes[chosen[0]], passes[chosen[1]], passes[chosen[2]]), tuple(weights), thresholds)


def best_threshold(curve: np.ndarray) -> int | None:
    """Where the AMS is best, after a mean over five neighbours against lucky crossings; None when nowhere defined."""
    known = np.isfinite(curve)
    if not known.any():
        return None
    kernel = np.ones(5)
    sums = np.convolve(np.where(known, curve, 0.0), kernel, "same")
    smooth = sums / np.maximum(np.convolve(known.astype(float), kernel, "same"), 1.0)
    return int(np.argmax(np.where(known, smooth, -np.inf)))


def bootstrap(countings: list[Counting], copies: int, random: np.random.Generator) -> np.ndarray:
    """AMS curves ``[copies, scores, T]``, each copy with the same Poisson(1) multiplicities for all scores."""
    curves = []
    for _ in range(copies):
        taken = [random.poisson(1.0, len(weight)) for weight in countings[0].weights]
        curves.append([one.curve(taken) for one in countings])
    return np.array(curves)


def interval(values: np.ndarray) -> tuple[float, float]:
    """Central 68 % interval of bootstrap values ``[B]``."""
    low, high = np.nanpercentile(values, [16, 84])
    return float(low), float(high)
