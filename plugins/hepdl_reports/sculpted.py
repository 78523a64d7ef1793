"""How much a cut on a score shapes the background: what :class:`~hepdl_reports.sculpting.SculptingReport` measures."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hepdl_reports.distance import jensen_shannon, mutual_information
from hepdl_reports.roc import roc
from hepdl_reports.weighted import efficiency, histogram

MOST = 3000
"""Events of which distances are compared pair by pair."""


@dataclass(frozen=True)
class Cut:
    """What a cut at one signal efficiency does."""

    efficiency: float
    threshold: float
    rejection: float
    jsd: float
    limit: tuple[float, float, float]
    """JSD of a cut that knows nothing: 16 %, 50 % and 84 % quantile."""
    distance_correlation: float
    information: float

    def numbers(self) -> dict[str, Any]:
        """For the JSON file."""
        return asdict(self)


@dataclass(frozen=True)
class Sample:
    """Test events ``[N]`` in the window, signal and background by masks."""

    variable: np.ndarray
    weight: np.ndarray
    is_signal: np.ndarray
    is_background: np.ndarray
    scores: dict[str, np.ndarray]
    edges: np.ndarray
    copies: int

    def judge(self, name: str, at: float, random: np.random.Generator) -> Cut:
        """Cut on a score at this signal efficiency."""
        labelled, score = self.is_signal | self.is_background, self.scores[name]
        threshold = roc(score[labelled], self.weight[labelled], self.is_signal[labelled]).threshold_at(at)
        passed, weight = score[self.is_background] >= threshold, self.weight[self.is_background]
        kept, _ = efficiency(passed, weight)
        limit = [self._jsd(random.permutation(passed)) for _ in range(self.copies)]
        return Cut(
            at, threshold, 1 / kept if kept > 0 else float("nan"), self._jsd(passed),
            tuple(np.quantile(limit, [0.16, 0.5, 0.84])), self._distance_correlation(score, random),
            mutual_information(score[self.is_background], self.variable[self.is_background], weight),
        )  # fmt: skip

    def spectrum(self, name: str = "", threshold: float = -np.inf) -> tuple[np.ndarray, np.ndarray]:
        """Histogram of the background's variable above a threshold, of unit sum, and its error."""
        rows = self.is_background & (self.scores[name] >= threshold if name else True)
        sums, errors = histogram(self.variable[rows], self.weight[rows], self.edges)
        return sums / sums.sum(), errors / sums.sum()

    def _jsd(self, passed: np.ndarray) -> float:
        variable, weight = self.variable[self.is_background], self.weight[self.is_background]
        samples = [(variable[rows], weight[rows]) for rows in (passed, ~passed)]
        return jensen_shannon(*samples, self.edges)

    def _distance_correlation(self, score: np.ndarray, random: np.random.Generator) -> float:
        rows = np.flatnonzero(self.is_background & (self.weight > 0))
        rows = random.permutation(rows)[:MOST]
        return distance_correlation(score[rows], self.variable[rows], self.weight[rows])


def distance_correlation(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Distance correlation (Székely, Rizzo and Bakirov, Ann. Stat. 35, 2769) of columns ``[N]``, weights positive.

    From centred distances, without a correction for few events: of independent columns it is about √(2/N).
    """
    share = weight / weight.sum()
    centred = [_centred(np.abs(v[:, None] - v[None, :]), share) for v in (x, y)]
    pairs = np.outer(share, share)
    covariance, *variances = (float((pairs * a * b).sum()) for a, b in _pairs(*centred))
    return float(np.sqrt(max(covariance, 0) / np.sqrt(variances[0] * variances[1]))) if min(variances) > 0 else 0.0


def _pairs(a: np.ndarray, b: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(a, b), (a, a), (b, b)]


def _centred(distance: np.ndarray, share: np.ndarray) -> np.ndarray:
    rows = distance @ share
    return distance - rows[:, None] - rows[None, :] + share @ rows
