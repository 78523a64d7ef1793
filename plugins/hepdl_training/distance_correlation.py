"""Distance correlation (Székely, Rizzo and Bakirov, Ann. Stat. 35, 2769) of weighted events, without bias."""

from __future__ import annotations

import torch
from torch import nn

from hepdl_training.nuisance import need_finite, need_spread

TINY = 1e-12


class DisCo(nn.Module):
    """The torch module of :class:`hepdl_training.penalties.DistanceCorrelation`."""

    width: torch.Tensor

    def __init__(self, power: int) -> None:
        super().__init__()
        self.power = power
        self.register_buffer("width", torch.ones(()))

    def prepare(self, nuisance: torch.Tensor, weight: torch.Tensor) -> None:
        """Take the width of the nuisance, so that distances are of order 1."""
        used = nuisance[weight != 0].double()
        self.check(used)
        need_spread(used, "DistanceCorrelation")
        self.width.copy_(used.std())

    def check(self, nuisance: torch.Tensor) -> None:
        """Finite."""
        need_finite(nuisance, "DistanceCorrelation")

    def forward(self, score: torch.Tensor, nuisance: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """The squared distance correlation (or its root), a scalar."""
        squared = distance_correlation(score, nuisance.to(score.dtype) / self.width, weight)
        return squared if self.power == 2 else squared.clamp_min(TINY).sqrt()


def distance_correlation(x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """dCor²(x, y) of values ``[N]`` with weights ``[N]``: the ratio of unbiased estimates of dCov²."""
    a, b = (x[:, None] - x[None, :]).abs(), (y[:, None] - y[None, :]).abs()
    sums = _PowerSums(weight)
    norm = (sums.covariance(a, a) * sums.covariance(b, b)).clamp_min(TINY).sqrt()
    return sums.covariance(a, b) / norm


class _PowerSums:
    """dCov² as a U-statistic: ⟨ab⟩ + ⟨a⟩⟨b⟩ − 2⟨a b'⟩ over distinct events, for weighted events.

    Sums over distinct indices come from sums over all indices by inclusion and exclusion.
    """

    def __init__(self, weight: torch.Tensor) -> None:
        w1, w2, w3, w4 = (weight.pow(power).sum() for power in (1, 2, 3, 4))
        self._weight = weight
        self._pairs = w1**2 - w2
        self._triples = w1**3 - 3 * w1 * w2 + 2 * w3
        self._fours = w1**4 - 6 * w1**2 * w2 + 3 * w2**2 + 8 * w1 * w3 - 6 * w4

    def covariance(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """dCov² of two matrices of distances ``[N, N]``."""
        w = self._weight
        rows_a, rows_b, product = a @ w, b @ w, a * b
        same_pair, both_twice = w @ product @ w, w.square() @ product @ w.square()
        chain = (w * rows_a * rows_b).sum() - (w * (product @ w.square())).sum()
        apart = (w @ rows_a) * (w @ rows_b) - 4 * (w.square() * rows_a * rows_b).sum() + 2 * both_twice
        return same_pair / self._pairs + apart / self._fours - 2 * chain / self._triples
