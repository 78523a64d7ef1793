"""Columns as tensors can hold them."""

from __future__ import annotations

import numpy as np

from hepdl.events import Column, Events, Jagged


def device_ready(events: Events) -> Events:
    """Unsigned integers of two bytes and more as int64, bytes in this machine's order.

    Double precision stays what it is, so that a normalizer can subtract a large mean; networks take single precision.
    """
    return Events({name: _ready(column) for name, column in events.columns().items()}, len(events))


def _ready(column: Column) -> Column:
    if isinstance(column, Jagged):
        return Jagged(_ready(column.values), column.offsets)
    if column.dtype.kind == "u" and column.dtype.itemsize > 1:
        return column.astype(np.int64)
    return column if column.dtype.isnative else column.astype(column.dtype.newbyteorder("="))
