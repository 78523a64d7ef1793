"""Events with lists of equal lengths."""

from __future__ import annotations

import numpy as np

from hepdl.contract import make_events
from hepdl.events import Events, Jagged


def with_lists(*names: str, n: int = 96, dtype: type = np.float32) -> Events:
    """Events with jagged columns of one collection, some of them without particles."""
    random = np.random.default_rng(1)
    lengths = random.integers(0, 6, n)
    lengths[n // 2] = 0
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = random.exponential(size=(len(names), lengths.sum())).astype(dtype)
    return make_events([], n).plus({name: Jagged(v, offsets) for name, v in zip(names, values, strict=True)})
