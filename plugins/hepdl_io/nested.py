"""From awkward forms and arrays, as uproot and pyarrow make them, to columns; no loop here runs over events."""

from __future__ import annotations

from collections.abc import Iterator

import awkward as ak
import numpy as np

from hepdl.columns import ColumnType
from hepdl.events import Column, Jagged
from hepdl_io.fields import Field, number_type, plain

OPTIONS = (
    ak.forms.UnmaskedForm, ak.forms.BitMaskedForm, ak.forms.ByteMaskedForm, ak.forms.IndexedOptionForm,
    ak.forms.IndexedForm,
)  # fmt: skip


def fields_in(form: ak.forms.Form | None, path: str) -> Iterator[Field]:
    """The columns in a form: records are taken apart, also those in a list; their problems are left empty."""
    yield from _fields(form, Field(path), depth=0)


def column_in(array: ak.Array, field: Field) -> Column:
    """One of the columns of an array. Raises ``ValueError`` where values are missing."""
    for member in field.members:
        array = array[member]
    kind = field.kind
    assert kind is not None
    if field.need == "flatten":
        array = ak.flatten(array, axis=2)
    if not kind.jagged:
        return _values(array, field)
    values, offsets = _lists(array)
    return Jagged(_values(values, field), offsets)


def _lists(array: ak.Array) -> tuple[ak.Array, np.ndarray]:
    """Values and offsets from 0, without a copy where the lists lie one behind the other."""
    layout = ak.to_layout(array)
    if not isinstance(layout, ak.contents.ListOffsetArray):
        lengths = ak.to_numpy(ak.num(array, axis=1), allow_missing=False)
        return ak.flatten(array, axis=1), Jagged.from_lengths(lengths, lengths).offsets
    offsets = np.asarray(layout.offsets.data, np.int64)
    if (offsets[1:] < offsets[:-1]).any() or offsets[-1] > len(layout.content):
        raise ValueError("the lists' offsets decrease or do not fit their values")
    return ak.Array(layout.content[int(offsets[0]) : int(offsets[-1])]), offsets - offsets[0]


def _values(array: ak.Array, field: Field) -> np.ndarray:
    assert field.kind is not None
    try:
        values = ak.to_numpy(array, allow_missing=False)
    except ValueError:
        missing = int(ak.sum(ak.is_none(array, axis=-1), axis=None))
        raise ValueError(f"{missing} missing values (null)" if missing else "lists of unequal length") from None
    return values if field.need == "categories" else plain(values, field.kind)


def _fields(form: ak.forms.Form | None, field: Field, depth: int) -> Iterator[Field]:
    if isinstance(form, OPTIONS):
        yield from _fields(form.content, field, depth)
    elif isinstance(form, ak.forms.RecordForm) and not form.is_tuple:
        for name, content in zip(form.fields, form.contents, strict=True):
            yield from _fields(content, Field(field.path, (*field.members, name)), depth)
    elif isinstance(form, ak.forms.ListOffsetForm) and depth < 2 and form.parameter("__array__") is None:
        yield from _fields(form.content, field, depth + 1)
    elif form is not None and form.parameter("__array__") == "string" and depth < 2:
        yield Field(field.path, field.members, ColumnType("int64", (), depth == 1), need="categories")
    else:
        kind = _kind(form, depth > 0)
        yield Field(field.path, field.members, kind, need="flatten" if depth == 2 and kind else "")


def _kind(form: ak.forms.Form | None, jagged: bool) -> ColumnType | None:
    shape: tuple[int, ...] = ()
    while isinstance(form, (ak.forms.RegularForm, *OPTIONS)):
        shape = (*shape, form.size) if isinstance(form, ak.forms.RegularForm) else shape
        form = form.content
    if not isinstance(form, ak.forms.NumpyForm) or form.parameter("__array__") is not None:
        return None
    return number_type(form.primitive, (*shape, *form.inner_shape), jagged)
