"""Sequential clustering of the particles of jets, and the order in which its trees hold them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

POWERS = {"ca": 0, "kt": 2, "antikt": -2}
"""Power of pT in the distance."""
CELLS = 1 << 18
"""Pairs that are looked at together."""
FAR = np.finfo(np.float64).max


def tree_places(momenta: np.ndarray, offsets: np.ndarray, power: int) -> np.ndarray:
    """The place of each particle ``[n]`` in depth-first order of the clustering tree of its jet, the branch of larger
    pT first.

    ``momenta`` is ``[n, (px, py, pz, E)]``. The pair of least min(pT_i^p, pT_j^p) ΔR² is merged, by adding the
    momenta, until one is left: C/A for p = 0, kT for p = 2, anti-kT for p = -2, without a distance to the beam.
    """
    places = np.zeros(len(momenta), np.int64)
    for rows in _together(np.diff(offsets)):
        length = np.diff(offsets)[rows]
        there = np.arange(length.max(initial=0)) < length[:, None]
        index = np.where(there, offsets[rows][:, None] + np.arange(there.shape[1]), 0)
        forest = Forest(np.where(there[..., None], momenta[index], 0.0).astype(np.float64), there, power)
        places[index[there]] = forest.places()[there]
    return places


def _together(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Jets with about as many particles, as many of them as fit."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = start + max(1, CELLS // max(1, int(lengths[order[start]]) ** 2))
        yield order[start:stop]
        start = stop


class Forest:
    """Trees of several jets that grow side by side; a cluster is named by one of its particles.

    ``head``, ``tail`` ``[B, P]`` are the first and the last particle of each cluster, ``following`` is the particle
    behind each one.
    """

    def __init__(self, momenta: np.ndarray, there: np.ndarray, power: int) -> None:
        """Momenta ``[B, P, 4]`` and which of them are particles ``[B, P]``."""
        self.momenta, self.alive, self.power = momenta, there.copy(), power
        self.polar, self.lengths = _polar(momenta), there.sum(1)
        number, size = there.shape
        self.head = np.tile(np.arange(size), (number, 1))
        self.tail, self.following = self.head.copy(), np.zeros_like(self.head)
        rows = np.arange(number)
        self.distance = np.stack([self._to_others(rows, np.full(number, i)) for i in range(size)] or
                                 [np.zeros((number, 0))], 1)  # fmt: skip
        self.distance[~there] = np.inf

    def places(self) -> np.ndarray:
        """Grow to the end: place of each particle ``[B, P]``, whatever where there is none."""
        number, size = self.alive.shape
        for _ in range(size - 1):
            self._merge()
        rows, places = np.arange(number), np.zeros((number, size), np.int64)
        here = self.head[rows, self.alive.argmax(1)] if size else rows
        for place in range(size):
            going = place < self.lengths
            places[rows[going], here[going]] = place
            here = self.following[rows, here]
        return places

    def _merge(self) -> None:
        """The nearest pair of each jet that has one."""
        number, size = self.alive.shape
        i, j = np.divmod(self.distance.reshape(number, -1).argmin(1), size)
        rows = np.flatnonzero(np.isfinite(self.distance[np.arange(number), i, j]))
        i, j = i[rows], j[rows]
        first = self.polar[0, rows, i] >= self.polar[0, rows, j]
        hard, soft = np.where(first, i, j), np.where(first, j, i)
        self.following[rows, self.tail[rows, hard]] = self.head[rows, soft]
        self.head[rows, i], self.tail[rows, i] = self.head[rows, hard], self.tail[rows, soft]
        self.momenta[rows, i] += self.momenta[rows, j]
        self.polar[:, rows, i] = _polar(self.momenta[rows, i])
        self.alive[rows, j] = False
        self.distance[rows, j] = self.distance[rows, :, j] = np.inf
        self.distance[rows, i] = self.distance[rows, :, i] = self._to_others(rows, i)

    def _to_others(self, rows: np.ndarray, i: np.ndarray) -> np.ndarray:
        """Distances ``[R, P]`` of one cluster of each row to the others, infinite to itself and where there is none."""
        (pt, rapidity, phi), others = (each[:, None] for each in self.polar[:, rows, i]), self.polar[:, rows]
        angle = np.remainder(phi - others[2] + np.pi, 2 * np.pi) - np.pi
        found = (rapidity - others[1]) ** 2 + angle**2
        if self.power:
            with np.errstate(divide="ignore", invalid="ignore"):
                found = np.nan_to_num(found * np.minimum(pt**self.power, others[0] ** self.power), nan=FAR, posinf=FAR)
        found[~self.alive[rows]] = np.inf
        found[np.arange(len(rows)), i] = np.inf
        return found  # type: ignore[no-any-return]


def _polar(momenta: np.ndarray) -> np.ndarray:
    """pT, rapidity and azimuth ``[3, ...]`` of ``[..., 4]``; rapidity 0 at rest, and finite along the beam."""
    px, py, pz, energy = np.moveaxis(momenta, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rapidity = 0.5 * np.log((energy + pz) / (energy - pz))
    return np.stack([np.hypot(px, py), np.nan_to_num(rapidity, posinf=1e5, neginf=-1e5), np.arctan2(py, px)])
