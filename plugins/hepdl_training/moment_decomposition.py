"""The torch module of :class:`hepdl_training.penalties.MomentDecomposition`."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from hepdl.errors import BadValues
from hepdl_training.nuisance import need_finite


class MoDe(nn.Module):
    """∫ ds Σ_m |F_m(s) − F_m^ℓ(s)|² / bins: F_m is the cumulative distribution of the score in bin m of the nuisance,
    F^ℓ its expansion in Legendre polynomials of the nuisance up to order ℓ (arXiv:2010.09745, equations 3 to 5).

    The integral is exact: between two neighbouring scores nothing changes, so it is a sum over their gaps.
    """

    edges: torch.Tensor
    beyond: torch.Tensor

    def __init__(self, order: int, bins: int) -> None:
        super().__init__()
        self.bins = bins
        self.register_buffer("edges", torch.zeros(bins - 1))
        self.register_buffer("beyond", torch.eye(bins) - _projection(order, bins))

    def prepare(self, nuisance: torch.Tensor, weight: torch.Tensor) -> None:
        """Bins of equal weight over the training part."""
        used = weight != 0
        values, weights = nuisance[used].double(), weight[used].double().abs()
        self.check(values)
        order = values.argsort()
        share = weights[order].cumsum(0) / weights.sum()
        places = torch.searchsorted(share, torch.arange(1, self.bins, device=share.device) / self.bins)
        edges = values[order][places.clamp_max(len(values) - 1)]
        if bool((edges[1:] == edges[:-1]).any()):
            raise BadValues(
                f"MomentDecomposition: the nuisance cannot be cut into bins={self.bins} of equal weight, some would be "
                "empty; take fewer bins, or DistanceCorrelation for a nuisance of few values"
            )
        self.edges.copy_(edges)

    def check(self, nuisance: torch.Tensor) -> None:
        """Finite."""
        need_finite(nuisance, "MomentDecomposition")

    def forward(self, score: torch.Tensor, nuisance: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """The penalty, a scalar."""
        order = score.argsort()
        score, nuisance, weight = score[order], nuisance[order], weight[order]
        place = torch.bucketize(nuisance.to(self.edges.dtype), self.edges)
        counts = torch.zeros(len(score), self.bins, device=score.device, dtype=score.dtype)
        counts = counts.scatter(1, place[:, None], weight[:, None].to(score.dtype))
        total = counts.sum(0)
        cumulative = counts.cumsum(0) / torch.where(total > 0, total, 1)
        known = (total > 0).to(score.dtype)
        remainder = (cumulative @ self.beyond.T) * known
        return ((score[1:] - score[:-1]) * remainder[:-1].square().sum(1)).sum() / self.bins


def _projection(order: int, bins: int) -> torch.Tensor:
    """``[M, M]``: onto polynomials up to this order over the bins, orthonormal in them."""
    centres = (np.arange(bins) + 0.5) / bins * 2 - 1
    basis, _ = np.linalg.qr(np.polynomial.legendre.legvander(centres, order))
    return torch.from_numpy(basis @ basis.T).float()
