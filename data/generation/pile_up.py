"""Pile-up: events of a pool, picked and turned at random."""

import numpy as np


def picked(count, pick):
    """Rows in the table of a pool of the particles of the picked events, and how many particles each of these has.

    `count` is the number of particles of each event of the pool, which lie behind each other in the table.
    """
    n, first = count[pick], (np.cumsum(count) - count)[pick]
    return np.repeat(first - np.cumsum(n) + n, n) + np.arange(n.sum()), n


def turned(x, y, phi):
    """Vectors in the transverse plane turned by phi."""
    cos, sin = np.cos(phi), np.sin(phi)
    return cos * x - sin * y, sin * x + cos * y
