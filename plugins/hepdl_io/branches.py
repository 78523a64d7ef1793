"""Branches of a TTree or fields of an RNTuple: what they hold, and the way from baskets to columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import awkward as ak
import uproot
from uproot.interpretation.identify import UnknownInterpretation
from uproot.interpretation.objects import CannotBeAwkward

from hepdl.events import Column
from hepdl_io.counted import decode_counted, lacks_offsets
from hepdl_io.fields import Field, Fields
from hepdl_io.nested import column_in, fields_in

READABLE = "only numbers, fixed-size arrays, lists of numbers and text can be read"


def fields_of(tree: Any) -> Fields:
    """All columns by name; a branch in a group is found by its own name too where that is unique.

    Members of records are columns of their own: ``leaflist.x``, ``jetp4.fE``.
    """
    fields: Fields = {}
    branches = tree.items() if isinstance(tree, uproot.TTree) else tree.items(recursive=False)
    times = Counter(branch.name for _, branch in branches)
    for path, branch in branches:
        names = [path, branch.name] if times[branch.name] == 1 else [path]
        for field in fields_in(_form(branch), path):
            explained = _explained(field, branch)
            for name in names:
                fields.setdefault(".".join((name, *field.members)), explained)
    return fields


def _explained(field: Field, branch: Any) -> Field:
    if field.kind is not None and not field.need:
        return field  # asking for a type is slow
    problem = f"is of type '{branch.typename}'"
    return replace(field, problem=problem if field.need else f"{problem}; {READABLE}")


def signature(tree: Any) -> tuple[tuple[str, str], ...]:
    """Names and types of all branches, cheaper than :func:`fields_of`; equal for trees that look alike."""
    if isinstance(tree, uproot.TTree):
        return tuple(tree.typenames().items())
    return tuple((record.field_name, record.type_name) for record in tree.field_records)


def decode(tree: Any, field: Field, start: int, stop: int, arrays: dict[str, ak.Array]) -> Column:
    """Entries ``start`` to ``stop`` of a column; ``arrays`` keeps branches, so that members read theirs once."""
    if field.path not in arrays:
        arrays[field.path] = _array(tree[field.path], start, stop)
    return column_in(arrays[field.path], field)


def _array(branch: Any, start: int, stop: int) -> ak.Array:
    if lacks_offsets(branch) and stop > start:
        return decode_counted(branch, start, stop)
    return branch.array(entry_start=start, entry_stop=stop, array_cache=None)


def boundaries(tree: Any, fields: Sequence[Field]) -> list[int]:
    """Entries at which baskets (clusters) end, of the first column of a TTree."""
    if not isinstance(tree, uproot.TTree):
        return [int(cluster.num_first_entry) for cluster in tree.cluster_summaries]
    return [int(place) for place in tree[fields[0].path].entry_offsets] if fields else []


def _form(branch: Any) -> Any:
    """The awkward form; None for what uproot cannot read or can read only event by event in Python."""
    if not isinstance(branch, uproot.TBranch):
        made = branch.to_akform()
        return (made[0] if isinstance(made, tuple) else made).content(branch.name)
    if len(branch.branches):
        return None
    try:
        return branch.interpretation.awkward_form(branch.file)
    except (CannotBeAwkward, UnknownInterpretation, NotImplementedError):
        return None
