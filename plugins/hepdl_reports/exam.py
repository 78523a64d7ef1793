"""One part of the events as a pivot is judged on it: power, dependence on the nuisance, statistical floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepdl_reports import distance
from hepdl_reports.critic import critic_area
from hepdl_reports.roc import rejection, roc
from hepdl_reports.significance import Counting, counting
from hepdl_reports.weighted import effective_number, efficiency, mean_and_deviation
from hepdl_reports.windows import Window

Value = tuple[float, float]
"""A number and its error (not a number where there is none)."""
NO_ERROR = float("nan")
THRESHOLDS = 100
PERMUTATIONS = 20


@dataclass(frozen=True)
class Exam:
    """Events ``[N]`` of one part; ``measured`` marks those in which the dependence is measured."""

    weight: np.ndarray
    nuisance: np.ndarray
    signal: np.ndarray
    background: np.ndarray
    measured: np.ndarray
    low: Window
    high: Window
    efficiency: float
    """Signal efficiency of the working point."""

    def cut(self, score: np.ndarray) -> float:
        """The threshold at the working point, from the signal at any nuisance."""
        labelled = self.signal | self.background
        return roc(score[labelled], self.weight[labelled], self.signal[labelled]).threshold_at(self.efficiency)

    def power(self, score: np.ndarray) -> dict[str, Value]:
        """AUC, spread of the score, and background rejection at the working point, at any, low and high nuisance."""
        labelled = self.signal | self.background
        curve = roc(score[labelled], self.weight[labelled], self.signal[labelled])
        values = {
            "auc": (curve.area, NO_ERROR),
            "deviation": (mean_and_deviation(score[labelled], self.weight[labelled])[1], NO_ERROR),
        }
        for key, window in (("rejection", None), ("rejection_low", self.low), ("rejection_high", self.high)):
            rows = self.background if window is None else self.background & window.holds(self.nuisance)
            one = rejection(curve.threshold_at(self.efficiency), score[rows], self.weight[rows], self.efficiency)
            values[key] = one.value, one.error
        return values

    def dependence(self, score: np.ndarray, random: np.random.Generator) -> dict[str, Value]:
        """How much the score knows of the nuisance among the measured events."""
        nuisance = self.nuisance[self.measured]
        return self._compare(score[self.measured], nuisance, self.cut(score), random)

    def floor(self, score: np.ndarray, random: np.random.Generator) -> dict[str, Value]:
        """The same of events whose nuisance was shuffled: what statistics gives, mean and spread of 20 runs."""
        cut, values = self.cut(score), score[self.measured]
        shuffled = (random.permutation(self.nuisance[self.measured]) for _ in range(PERMUTATIONS))
        runs = [self._compare(values, nuisance, cut, random) for nuisance in shuffled]
        table = {key: np.array([run[key][0] for run in runs]) for key in runs[0]}
        return {key: _mean_and_spread(column[np.isfinite(column)]) for key, column in table.items()}

    def counting(self, score: np.ndarray, thresholds: np.ndarray) -> Counting:
        """The counting experiment of the AMS."""
        low, high = self.low.holds(self.nuisance), self.high.holds(self.nuisance)
        groups = [self.signal & low, self.background & low, self.background & high]
        return counting(score, self.weight, groups, thresholds)

    def events(self, window: Window | None = None) -> tuple[int, float]:
        """Measured events, of one window or all, and their effective number."""
        rows = self.measured if window is None else self.measured & window.holds(self.nuisance)
        return int(rows.sum()), effective_number(self.weight[rows])

    def _compare(
        self, score: np.ndarray, nuisance: np.ndarray, cut: float, random: np.random.Generator
    ) -> dict[str, Value]:
        weight, passed = self.weight[self.measured], score >= cut
        masks = self.low.holds(nuisance), self.high.holds(nuisance)
        low, high = ((score[mask], weight[mask]) for mask in masks)
        edges = distance.score_edges(score)
        return {
            "efficiency_ratio": _ratio(*(efficiency(passed[mask], weight[mask]) for mask in masks)),
            "ks": (distance.kolmogorov_smirnov(low, high), NO_ERROR),
            "jsd": (distance.jensen_shannon(low, high, edges), NO_ERROR),
            "mi": (distance.mutual_information(score, nuisance, weight), NO_ERROR),
            "sculpting": (_sculpting(nuisance, weight, passed), NO_ERROR),
            "critic": critic_area(low, high, random),
        }


def _mean_and_spread(runs: np.ndarray) -> Value:
    return (float(np.mean(runs)), float(np.std(runs))) if len(runs) else (float("nan"), float("nan"))


def _ratio(low: Value, high: Value) -> Value:
    if not (low[0] > 0 and high[0] > 0):
        return float("nan"), float("nan")
    ratio = high[0] / low[0]
    return ratio, ratio * float(np.hypot(low[1] / low[0], high[1] / high[0]))


def _sculpting(nuisance: np.ndarray, weight: np.ndarray, passed: np.ndarray) -> float:
    """JSD in bits between the nuisance of events that pass and fail (ATL-PHYS-PUB-2018-014, section 3)."""
    if passed.all() or not passed.any():
        return 0.0
    codes = distance.quantile_codes(nuisance, weight, 50).astype(float)
    edges = np.arange(codes.max() + 2) - 0.5
    return distance.jensen_shannon((codes[passed], weight[passed]), (codes[~passed], weight[~passed]), edges)
