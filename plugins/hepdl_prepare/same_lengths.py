"""Lists on the host that describe the same particles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hepdl.errors import BadValues
from hepdl.events import Events, Jagged


def need_same_lengths(lists: Mapping[str, Jagged], events: Events, reader: str) -> np.ndarray:
    """The offsets that all lists have; raises ``BadValues`` when the lengths of two differ in some event."""
    (first, reference), *others = lists.items()
    for name, other in others:
        if other.offsets is not reference.offsets and not np.array_equal(other.offsets, reference.offsets):
            row = int(np.argmax(reference.lengths != other.lengths))
            lengths = f"{reference.lengths[row]} and {other.lengths[row]} particles in {place_of(events, row)}"
            raise BadValues(f"{reader}: '{first}' and '{name}' have different lengths: {lengths}")
    return reference.offsets


def place_of(events: Events, row: int) -> str:
    """Where an event of a block is, for a message."""
    return f"entry {events['entry'][row]}" if "entry" in events else f"row {row} of the block"
