"""Lists that describe the same particles."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hepdl.errors import BadValues
from hepdl.events import Jagged


def need_equal_lengths(lists: Sequence[Jagged]) -> None:
    """Raise ``BadValues`` when lists that describe the same particles have other lengths than the first one."""
    first, *others = lists
    for number, other in enumerate(others, 2):
        if other.offsets is first.offsets or torch.equal(first.host_offsets, other.host_offsets):
            continue
        lengths, of_other = (each.host_offsets.diff() for each in (first, other))
        row = int((lengths != of_other).int().argmax())
        raise BadValues(
            f"lists of the same particles must have equal lengths, but in row {row} of a batch of {len(first)} events "
            f"the first has {int(lengths[row])} particles and number {number} has {int(of_other[row])}; make them with "
            f"one selection, for example with Particles(...)"
        )
