"""Structured arrays, as ATLAS writes jets and their tracks: from records to one packed array a member."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hepdl.events import Column, Jagged

ROWS = 4096
"""Records that are taken apart at a time, so that they stay in the processor's cache."""


def is_list(dtype: np.dtype[Any], dimensions: int, valid: str) -> bool:
    """Whether rows are lists padded to a common length, with a member that tells which elements are there."""
    return dimensions == 1 and valid in (dtype.names or ()) and dtype[valid].kind in "biu"


def take_apart(raw: np.ndarray, names: Sequence[str], valid: str) -> dict[str, Column]:
    """The members ``names`` of records ``[N]`` or ``[N, M]``; of padded lists the valid elements alone."""
    if not is_list(raw.dtype, raw.ndim - 1, valid):
        values = _members(raw.reshape(-1), names, None)
        return {name: value.reshape(*raw.shape, *value.shape[1:]) for name, value in values.items()}
    there = raw[valid] != 0
    offsets = Jagged.from_lengths(there, np.count_nonzero(there, axis=1)).offsets
    values = _members(raw.reshape(-1), [name for name in names if name != valid], np.flatnonzero(there))
    return {name: Jagged(value, offsets) for name, value in values.items()}


def _members(records: np.ndarray, names: Sequence[str], chosen: np.ndarray | None) -> dict[str, np.ndarray]:
    n = len(records) if chosen is None else len(chosen)
    kinds = {name: records.dtype[name].subdtype or (records.dtype[name], ()) for name in names}
    found = {name: np.empty((n, *shape), base) for name, (base, shape) in kinds.items()}
    for start in range(0, n, ROWS):
        rows = slice(start, min(start + ROWS, n))
        some = records[rows] if chosen is None else _taken(records, chosen[rows])
        for name, values in found.items():
            values[rows] = some[name]
    return found


def _taken(records: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    if records.dtype.hasobject:
        return records.take(chosen)
    as_bytes = records.view(np.uint8).reshape(len(records), -1)  # which numpy copies five times as fast
    taken: np.ndarray = as_bytes.take(chosen, axis=0).view(records.dtype)[:, 0]
    return taken
