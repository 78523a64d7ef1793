"""Lists that describe the same particles."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hepdl.errors import BadValues
from hepdl.jagged import Jagged


def need_equal_lengths(lists: Sequence[Jagged]) -> None:
    """Raise ``BadValues`` when lists that describe the same particles have other lengths than the first one.

    Where the host does not know the lengths, so that looking would wait for a device, the numbers of all particles are
    compared.
    """
    first, *others = lists
    for number, other in enumerate(others, 2):
        if other.offsets is first.offsets or not _differ(first, other):
            continue
        lengths, of_other = (each.host_offsets.diff() for each in (first, other))
        row = int((lengths != of_other).int().argmax())
        raise BadValues(
            f"lists of the same particles must have equal lengths, but in row {row} of a batch of {len(first)} events "
            f"the first has {int(lengths[row])} particles and number {number} has {int(of_other[row])}; make them with "
            f"one selection, for example with Particles(...)"
        )


def _differ(one: Jagged, other: Jagged) -> bool:
    if one.values.shape[0] != other.values.shape[0]:
        return True
    mine, others = (each.known if each.offsets.device.type != "cpu" else each.offsets for each in (one, other))
    return mine is not None and others is not None and not torch.equal(mine, others)
