"""Sequential clustering of the particles of a jet, and the order in which its tree holds them."""

from __future__ import annotations

import numpy as np

POWERS = {"ca": 0, "kt": 2, "antikt": -2}
"""Power of pT in the distance."""


def tree_order(momenta: np.ndarray, power: int) -> np.ndarray:
    """The particles ``[n]`` of one jet in depth-first order of its clustering tree, the branch of larger pT first.

    ``momenta`` is ``[n, (px, py, pz, E)]``. The pair of least min(pT_i^p, pT_j^p) ΔR² is merged, by adding the
    momenta, until one is left: C/A for p = 0, kT for p = 2, anti-kT for p = -2, without a distance to the beam.
    """
    momenta, members = momenta.astype(np.float64), [[i] for i in range(len(momenta))]
    distance = _distances(momenta, power)
    for _ in range(len(members) - 1):
        i, j = divmod(int(distance.argmin()), len(members))
        hard, soft = (i, j) if np.hypot(*momenta[i, :2]) >= np.hypot(*momenta[j, :2]) else (j, i)
        members[i] = members[hard] + members[soft]
        momenta[i] += momenta[j]
        distance[j], distance[:, j] = np.inf, np.inf
        alive = np.isfinite(distance[i]) & (np.arange(len(members)) != i)
        distance[i, alive] = distance[alive, i] = _to_others(momenta[i], momenta[alive], power)
    return np.array(members[int(np.argmax([len(each) for each in members]))] if members else [], int)


def _distances(momenta: np.ndarray, power: int) -> np.ndarray:
    """``[n, n]``, infinite on the diagonal."""
    finite = np.array([_to_others(each, momenta, power) for each in momenta]).reshape(len(momenta), len(momenta))
    np.fill_diagonal(finite, np.inf)
    return finite


def _to_others(one: np.ndarray, others: np.ndarray, power: int) -> np.ndarray:
    """Distances ``[n]`` of one momentum to others, below infinity."""
    (pt, rapidity, phi), (pts, rapidities, phis) = _polar(one), _polar(others)
    angle = np.remainder(phi - phis + np.pi, 2 * np.pi) - np.pi
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.minimum(pt**power, pts**power) if power else 1.0
    found = scale * ((rapidity - rapidities) ** 2 + angle**2)
    return np.nan_to_num(found, nan=np.finfo(float).max, posinf=np.finfo(float).max)


def _polar(momenta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    px, py, pz, energy = momenta.T
    with np.errstate(divide="ignore", invalid="ignore"):
        rapidity = 0.5 * np.log((energy + pz) / (energy - pz))
    return np.hypot(px, py), np.nan_to_num(rapidity), np.arctan2(py, px)
