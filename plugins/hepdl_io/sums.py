"""Sums over branches of small trees beside the events, as ``Runs.genEventSumw``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hepdl.errors import InputError, did_you_mean
from hepdl.sources import Source
from hepdl_io.trees import open_tree


def sum_over_trees(branch: str, sources: Sequence[Source]) -> float:
    """Sum of all entries of ``tree.branch`` in the files of these sources, each file once.

    Raises ``InputError`` when a file lacks tree or branch, or the branch is not one number an entry.
    """
    tree, _, name = branch.partition(".")
    return math.fsum(_sum_in(path, tree, name) for path in dict.fromkeys(source.path for source in sources))


def _sum_in(path: str, tree: str, name: str) -> float:
    with open_tree(path, tree, {}) as found:
        field = found.fields.get(name)
        where = f"file '{path}', tree '{tree}'"
        if field is None:
            raise InputError(f"{where}: there is no branch '{name}' to sum{did_you_mean(name, found.fields)}")
        if field.kind is None or field.need or field.kind.jagged or field.kind.shape:
            what = field.kind or "no number"
            raise InputError(f"{where}: branch '{name}' is {what}, not one number an entry; give the sum as a number")
        return float(np.sum(found.column(field, 0, found.entries), dtype=np.float64))
