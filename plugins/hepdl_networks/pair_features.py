"""Features of pairs of particles, from their four-momenta."""

from __future__ import annotations

import math

import torch

from hepdl_networks.momenta import Kinematics

LEAST = 1e-8
"""Below this, distances, momenta and squared masses do not differ: their logarithm ends here."""


def pair_features(one: Kinematics, other: Kinematics) -> torch.Tensor:
    """``[..., 4]``: ln ΔR, ln kT, ln z and ln m² of each pair (arXiv:2202.03772).

    ΔR = √(Δy² + Δφ²), kT = min(pT) ΔR, z = min(pT) / (pT + pT'), m² = (p + p')². A quantity below 1e-8 counts as 1e-8.
    """
    dy, dphi = one.rapidity - other.rapidity, one.phi - other.phi
    dphi = dphi - 2 * math.pi * torch.round(dphi / (2 * math.pi))  # small ones keep all their digits
    soft, square = torch.minimum(one.pt, other.pt), dy.square() + dphi.square()
    distance = square.clamp_min(LEAST**2).log() / 2
    kt = (soft.square() * square).clamp_min(LEAST**2).log() / 2
    share = (soft / (one.pt + other.pt).clamp_min(LEAST)).clamp_min(LEAST).log()
    return torch.stack([distance, kt, share, _mass2(one, other, dy, dphi).clamp_min(LEAST).log()], -1)


def _mass2(one: Kinematics, other: Kinematics, dy: torch.Tensor, dphi: torch.Tensor) -> torch.Tensor:
    """m² + m'² + 2 (mT mT' cosh Δy − pT pT' cos Δφ), written as a sum of terms that are not negative."""
    transverse2 = [each.mass2 + each.pt.square() for each in (one, other)]
    mt, pt = (transverse2[0] * transverse2[1]).sqrt(), one.pt * other.pt
    gap = one.mass2 * transverse2[1] + other.mass2 * one.pt.square()  # (mT mT')² − (pT pT')²
    opening = mt * (dy / 2).sinh().square() + pt * (dphi / 2).sin().square()
    return one.mass2 + other.mass2 + 2 * gap / (mt + pt).clamp_min(LEAST) + 4 * opening
