"""Lists whose baskets hold no offsets (ROOT's kGenerateOffsetMap): their lengths come from the counter branch."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import awkward as ak
import numpy as np
import uproot

from hepdl.events import Jagged

GENERATE_OFFSET_MAP = 1
"""The bit of ``TIOFeatures`` that says so."""


def lacks_offsets(branch: Any) -> bool:
    """Whether the baskets of a branch of a TTree hold no offsets, and end elsewhere than those of its counter.

    uproot pairs the baskets of both by number, which is right only where they end together.
    """
    if not isinstance(branch, uproot.TBranch) or branch.count_branch is None:
        return False
    features = branch.member("fIOFeatures", none_if_missing=True)
    if features is None or not features.member("fIOBits") & GENERATE_OFFSET_MAP:
        return False
    return list(branch.entry_offsets) != list(branch.count_branch.entry_offsets)


def decode_counted(branch: Any, start: int, stop: int) -> ak.Array:
    """Entries ``start`` to ``stop`` of such a branch, from its baskets' values and its counter's numbers."""
    ends = branch.entry_offsets
    first, last = bisect_right(ends, start) - 1, bisect_left(ends, stop)
    begin = ends[first]
    baskets = [branch.basket(number).data for number in range(first, last)]
    dtype = branch.interpretation.content.from_dtype
    values = np.concatenate([np.asarray(data, np.uint8) for data in baskets]).view(dtype.base)
    values = values.reshape(-1, *dtype.shape)
    lengths = branch.count_branch.array(entry_start=begin, entry_stop=ends[last], library="np", array_cache=None)
    lists = Jagged.from_lengths(values.astype(dtype.base.newbyteorder("=")), lengths)
    if int(lists.offsets[-1]) != len(values):
        raise ValueError(f"{len(values)} values, but its counter says {int(lists.offsets[-1])}")
    return lists.awkward()[start - begin : stop - begin]
