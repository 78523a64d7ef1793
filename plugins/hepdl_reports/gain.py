"""What independence of the nuisance is worth: AMS of plain and pivot, thresholds chosen on other events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepdl_reports.distance import score_edges
from hepdl_reports.exam import THRESHOLDS, Exam
from hepdl_reports.significance import bootstrap, interval


@dataclass(frozen=True)
class Gain:
    """AMS of the plain network ([0]) and of the pivot ([1]) on the test part, and of the second over the first."""

    thresholds: np.ndarray
    """``[2, T]``."""
    curves: np.ndarray
    """AMS on the test part at each threshold ``[2, T]``."""
    copies: np.ndarray
    """The same for each bootstrap copy of the test part ``[B, 2, T]``, paired."""
    chosen: tuple[int, int]
    """Index of the threshold with the best AMS on the validation part."""

    def ams(self, which: int) -> tuple[float, float]:
        """AMS at the chosen threshold and its bootstrap error."""
        at = self.chosen[which]
        return float(self.curves[which, at]), float(np.nanstd(self.copies[:, which, at]))

    @property
    def ratio(self) -> float:
        """AMS of the pivot over that of the plain network."""
        return self.ams(1)[0] / self.ams(0)[0]

    @property
    def ratio_interval(self) -> tuple[float, float]:
        """Central 68 % interval of the ratio over the paired copies."""
        return interval(self.copies[:, 1, self.chosen[1]] / self.copies[:, 0, self.chosen[0]])

    def band(self, which: int) -> tuple[np.ndarray, np.ndarray]:
        """68 % band of the curve ``[T]``; not a number where a copy has none."""
        low, high = np.percentile(self.copies[:, which], [16, 84], axis=0)
        return low, high


def thresholds_of(score: np.ndarray) -> np.ndarray:
    """A hundred equal steps over the range of a score."""
    return score_edges(score, THRESHOLDS)[:-1]


def measure_gain(
    validation: Exam, test: Exam, scores: list[tuple[np.ndarray, np.ndarray]], copies: int, random: np.random.Generator
) -> Gain | None:
    """From each network's scores on validation and test part; None when too few events pass anywhere."""
    thresholds = [thresholds_of(np.concatenate(pair)) for pair in scores]
    chosen = [validation.counting(pair[0], steps).choose() for pair, steps in zip(scores, thresholds, strict=True)]
    countings = [test.counting(pair[1], steps) for pair, steps in zip(scores, thresholds, strict=True)]
    curves = np.array([one.curve() for one in countings])
    if any(at is None or not np.isfinite(curve[at]) for at, curve in zip(chosen, curves, strict=True)):
        return None
    return Gain(np.array(thresholds), curves, bootstrap(countings, copies, random), tuple(chosen))
