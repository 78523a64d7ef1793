"""Lists of particles for tests of graph networks, and slow twins in plain loops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hepdl.events import Jagged

LENGTHS = [12, 0, 1, 2, 5, 9, 3, 20, 1, 0]
"""Of ten events: without particles, with one, with fewer and with more than the neighbours asked for."""
FULL = [9, 12, 10]
"""Of three events in which each particle has all its neighbours."""


def particles(features: int, lengths: Sequence[int] = LENGTHS, seed: int = 1) -> Jagged:
    """Normal features ``[n, F]``."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(sum(lengths), features)).astype(np.float32)
    return Jagged.from_lengths(values, np.array(lengths, np.int64)).to("cpu")


def starts(lists: Jagged) -> list[tuple[int, int]]:
    """Begin and end of each event."""
    return list(zip(lists.offsets.tolist()[:-1], lists.offsets.tolist()[1:], strict=True))


def slow_neighbours(points: Jagged, k: int) -> list[list[int]]:
    """The nearest others of each particle, nearest first, by sorting distances in loops."""
    found, values = [], points.values.detach().double()
    for begin, end in starts(points):
        for i in range(begin, end):
            others = [j for j in range(begin, end) if j != i]
            squares = {j: float((values[i] - values[j]).square().sum()) for j in others}
            found.append(sorted(others, key=squares.__getitem__)[:k])
    return found
