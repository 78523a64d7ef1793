"""Weighted ROC curve: cumulative sums of signed weights, area, background rejection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepdl_reports.weighted import efficiency


@dataclass(frozen=True)
class Roc:
    """Efficiencies ``[T]`` of ``score >= threshold`` at every distinct score, from tight to loose."""

    threshold: np.ndarray
    signal: np.ndarray
    background: np.ndarray

    @property
    def area(self) -> float:
        """Area under signal against background efficiency; 0.5 for a score that knows nothing."""
        return float(np.dot(np.diff(self.background), self.signal[1:] + self.signal[:-1]) / 2)

    @property
    def backward(self) -> float:
        """How far an efficiency falls back at most while the cut is loosened; 0 unless weights are negative."""
        return max(_fall(self.signal), _fall(self.background))

    def threshold_at(self, signal_efficiency: float) -> float:
        """The tightest threshold that keeps this fraction of the signal."""
        return float(self.threshold[int(np.argmax(self.signal >= signal_efficiency - 1e-12))])


@dataclass(frozen=True)
class Rejection:
    """Background rejection 1/ε_B at one threshold, with its √Σw² error from the background."""

    signal_efficiency: float
    threshold: float
    background_efficiency: float
    background_error: float

    @property
    def value(self) -> float:
        """1/ε_B; not a number when nothing passes."""
        return 1 / self.background_efficiency if self.background_efficiency > 0 else float("nan")

    @property
    def error(self) -> float:
        """σ(1/ε_B) = σ(ε_B)/ε_B²."""
        return self.background_error * self.value**2

    def numbers(self) -> dict[str, float]:
        """For the JSON file."""
        return {
            "signal_efficiency": self.signal_efficiency,
            "threshold": self.threshold,
            "background_efficiency": self.background_efficiency,
            "background_efficiency_error": self.background_error,
            "rejection": self.value,
            "rejection_error": self.error,
        }


def roc(score: np.ndarray, weight: np.ndarray, is_signal: np.ndarray) -> Roc:
    """ROC of events ``[N]``: everything that is not signal is background. Both sums of weights must be positive."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    weights = weight[order].astype(np.float64)
    curves = [np.cumsum(np.where(chosen, weights, 0.0))[last] for chosen in (is_signal[order], ~is_signal[order])]
    signal, background = (np.concatenate([[0.0], curve / curve[-1]]) for curve in curves)
    return Roc(np.concatenate([[np.inf], ordered[last]]), signal, background)


def rejection(threshold: float, score: np.ndarray, weight: np.ndarray, signal_efficiency: float) -> Rejection:
    """Rejection of these background events by ``score >= threshold``."""
    value, error = efficiency(score >= threshold, weight)
    return Rejection(signal_efficiency, threshold, value, error)


def _fall(curve: np.ndarray) -> float:
    return float(np.max(np.maximum.accumulate(curve) - curve))
