"""Branches of a TTree or fields of an RNTuple: what they hold, and the way from baskets to columns.

uproot decodes to awkward arrays, which become flat numpy arrays or lists; no loop here runs over events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import awkward as ak
import numpy as np
import uproot
from uproot.interpretation.identify import UnknownInterpretation
from uproot.interpretation.objects import CannotBeAwkward

from hepdl.columns import ColumnType
from hepdl.events import Column, Jagged
from hepdl_io.counted import decode_counted, lacks_offsets


@dataclass(frozen=True)
class Field:
    """A column that a tree offers: the branch it is in and, for a record, the members that lead to it."""

    branch: str
    members: tuple[str, ...]
    kind: ColumnType | None
    """None when it is neither a number, nor a fixed-size array, nor a list of such in each event."""
    typename: str
    """The type in C++ of what cannot be read (asking is slow); empty for all else."""


Fields = dict[str, Field]


def fields_of(tree: Any) -> Fields:
    """All columns by name; a branch in a group is found by its own name too where that is unique.

    Members of records are columns of their own: ``leaflist.x``, ``jetp4.fE``.
    """
    fields: Fields = {}
    branches = tree.items() if isinstance(tree, uproot.TTree) else tree.items(recursive=False)
    times = Counter(branch.name for _, branch in branches)
    for path, branch in branches:
        names = [path, branch.name] if times[branch.name] == 1 else [path]
        for members, kind in _columns(_form(branch)):
            field = Field(path, members, kind, "" if kind else str(branch.typename))
            for name in names:
                fields.setdefault(".".join((name, *members)), field)
    return fields


def signature(tree: Any) -> tuple[tuple[str, str], ...]:
    """Names and types of all branches, cheaper than :func:`fields_of`; equal for trees that look alike."""
    if isinstance(tree, uproot.TTree):
        return tuple(tree.typenames().items())
    return tuple((record.field_name, record.type_name) for record in tree.field_records)


def decode(tree: Any, field: Field, start: int, stop: int, arrays: dict[str, ak.Array]) -> Column:
    """Entries ``start`` to ``stop`` of a column; ``arrays`` keeps branches, so that members read theirs once."""
    if field.branch not in arrays:
        arrays[field.branch] = _array(tree[field.branch], start, stop)
    return _column(arrays[field.branch], field)


def _array(branch: Any, start: int, stop: int) -> ak.Array:
    if lacks_offsets(branch) and stop > start:
        return decode_counted(branch, start, stop)
    return branch.array(entry_start=start, entry_stop=stop, array_cache=None)


def edges(tree: Any, fields: Sequence[Field], start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of about ``size`` entries that end where baskets (clusters) end, so that each is decompressed once."""
    marks = [start]
    for place in _boundaries(tree, fields):
        if place - marks[-1] >= size and place < stop:
            marks.append(place)
    return pairwise([*marks, stop])


def _boundaries(tree: Any, fields: Sequence[Field]) -> list[int]:
    if not isinstance(tree, uproot.TTree):
        return [int(cluster.num_first_entry) for cluster in tree.cluster_summaries]
    return [int(place) for place in tree[fields[0].branch].entry_offsets] if fields else []


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


def _columns(form: Any, jagged: bool = False) -> Iterator[tuple[tuple[str, ...], ColumnType | None]]:
    """Members and type of each column in a form: records are taken apart, also those in a list."""
    if isinstance(form, ak.forms.RecordForm) and not form.is_tuple:
        for name, content in zip(form.fields, form.contents, strict=True):
            yield from (((name, *members), kind) for members, kind in _columns(content, jagged))
    elif isinstance(form, ak.forms.ListOffsetForm) and not jagged and form.parameter("__array__") is None:
        yield from _columns(form.content, jagged=True)
    else:
        yield (), _kind(form, jagged)


def _kind(form: Any, jagged: bool) -> ColumnType | None:
    shape: tuple[int, ...] = ()
    while isinstance(form, ak.forms.RegularForm):
        shape, form = (*shape, form.size), form.content
    if not isinstance(form, ak.forms.NumpyForm) or form.parameter("__array__") is not None:
        return None
    if np.dtype(form.primitive).kind not in "biuf":
        return None
    return ColumnType(form.primitive, (*shape, *form.inner_shape), jagged)


def _column(array: ak.Array, field: Field) -> Column:
    for member in field.members:
        array = array[member]
    assert field.kind is not None
    if field.kind.jagged:
        lists = Jagged.from_awkward(array)
        return Jagged(_plain(lists.values, field.kind), lists.offsets)
    return _plain(ak.to_numpy(array, allow_missing=False), field.kind)


def _plain(values: np.ndarray, kind: ColumnType) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=kind.dtype).reshape(-1, *kind.shape)
