"""An independent critic: how much a score tells about a nuisance, found without the adversary.

An adversary that has collapsed says that there is nothing to see, and its own losses look fine. So the dependence
is measured again, on binned validation events, and the two are compared in words.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass

import numpy as np
import torch

MOST_BINS = 30


@dataclass(frozen=True)
class Verdict:
    """What a score tells about a nuisance."""

    information: float
    """Mutual information in nats, binned, with Miller-Madow correction."""
    noise: float
    """Standard deviation of that estimate for independent columns."""
    bound: float
    """What the adversary finds, in nats; NaN without an adversary."""
    ks: float
    """Kolmogorov-Smirnov distance of the score between the lowest and the highest fifth of the nuisance."""

    @property
    def collapsed(self) -> bool:
        """The critic sees a clear dependence and the adversary less than half of it."""
        return self.information > 0.005 + 3 * self.noise and self.bound < 0.5 * self.information

    def tell(self, log: logging.Logger, score: str, nuisance: str, strength: float) -> None:
        """Say it in the log, as a warning when the adversary is wrong."""
        found = f"{self.information:.2g} ± {self.noise:.1g} nat (binned), KS {self.ks:.3f}"
        if self.collapsed:
            log.warning(
                f"the adversary of '{score}' has collapsed: it sees {self.bound:.2g} nat about '{nuisance}', an "
                f"independent critic finds {found}. The score is NOT pivotal. Try a smaller strength (now "
                f"{strength:g}), a longer ramp, more adversary_steps or another adversary"
            )
        elif np.isnan(self.bound):
            log.info(f"'{score}' tells about '{nuisance}': {found}")
        else:
            log.info(f"'{score}' tells about '{nuisance}': {found}; the adversary sees {self.bound:.2g} nat")

    def numbers(self) -> dict[str, float]:
        """For metrics; what is not known is left out."""
        return {f"critic_{name}": value for name, value in asdict(self).items() if not np.isnan(value)}


def judge(score: np.ndarray, nuisance: np.ndarray, weight: np.ndarray, bound: float) -> Verdict:
    """Judge a score ``[N]`` or ``[N, C]`` (its most telling member) against a nuisance ``[N]`` with weights ``[N]``."""
    members = score.reshape(len(score), -1).T
    information, noise = max(binned_information(member, nuisance, weight) for member in members)
    distance = max(low_high_distance(member, nuisance, weight) for member in members)
    return Verdict(information, noise, bound, distance)


def binned_information(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Mutual information of ``x`` and ``y`` in nats, in quantile bins, and its standard deviation if there is none.

    Miller-Madow correction with the effective number of events; cells with a negative sum of weights count as 0.
    """
    events = weight.sum() ** 2 / np.square(weight).sum()
    bins = int(np.clip(np.sqrt(events / 50), 2, MOST_BINS))
    rows, columns = _codes(x, bins), _codes(y, bins)
    shape = rows.max() + 1, columns.max() + 1
    cells = np.bincount(rows * shape[1] + columns, weight, shape[0] * shape[1]).reshape(shape).clip(0)
    p = cells / cells.sum()
    independent = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    there = p > 0
    plug_in = float((p[there] * np.log(p[there] / independent[there])).sum())
    freedom = int(there.sum() - there.any(1).sum() - there.any(0).sum() + 1)
    return plug_in - freedom / (2 * events), float(np.sqrt(2 * max(freedom, 1)) / (2 * events))


def low_high_distance(score: np.ndarray, nuisance: np.ndarray, weight: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of the score between the lowest and the highest fifth of the nuisance."""
    low, high = np.quantile(nuisance, [0.2, 0.8])
    order = np.argsort(score, kind="stable")
    sums = [np.cumsum((weight * mask)[order]) for mask in (nuisance <= low, nuisance >= high)]
    last_of_ties = np.append(np.diff(score[order]) > 0, True)
    return float(np.abs(sums[0] / sums[0][-1] - sums[1] / sums[1][-1])[last_of_ties].max())


def adversary_bound(
    adversary: torch.nn.Module, nuisance: torch.Tensor, weight: torch.Tensor, inputs: list[torch.Tensor], place: int
) -> torch.Tensor:
    """The information that an adversary finds in its input number ``place``, in nats, a scalar on the device.

    Mean of log r(z | s) − log ⟨r(z | s')⟩ over the same events, ⟨⟩ over scores s' of other events: a lower bound on
    the mutual information that needs no prior p(z), and whose sampling noise cancels between its two terms.
    """
    grid = _spread(inputs[place])
    mine = adversary.log_prob(nuisance, *inputs)
    others = []
    for value in grid:
        elsewhere = list(inputs)
        elsewhere[place] = value.expand_as(inputs[place])
        others.append(adversary.log_prob(nuisance, *elsewhere))
    marginal = torch.stack(others).logsumexp(0) - np.log(len(grid))
    return ((mine - marginal) * weight).sum() / weight.sum()


def _spread(score: torch.Tensor, points: int = 24) -> torch.Tensor:
    """Scores of ``points`` events, spread evenly over their ranks in the first member."""
    order = score.reshape(len(score), -1)[:, 0].argsort()
    places = ((torch.arange(points, device=score.device) + 0.5) * len(score) / points).long()
    return score[order[places]]


def _codes(values: np.ndarray, bins: int) -> np.ndarray:
    distinct = np.unique(values)
    if len(distinct) <= bins:
        return np.searchsorted(distinct, values)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.searchsorted(edges, values, side="right")
