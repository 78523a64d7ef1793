"""Events for a test: any columns, from their types and a seed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from hepdl.chain import ENGINE_COLUMNS
from hepdl.columns import Columns, ColumnType
from hepdl.description import Description
from hepdl.events import Column, Events, Jagged
from hepdl.expressions import parse

EVENTS = 96
"""Default length: four training batches of 16, and 16 events each for validation and test."""

AnyColumns = Mapping[str, ColumnType] | Iterable[str]
"""Column types, or names of plain float32 columns."""


def make_events(columns: AnyColumns, n: int = EVENTS, seed: int = 1) -> Events:
    """``n`` host events with ``columns`` and the columns that every event has (``weight``, ``part``, ...).

    Floats are normal, integers 0 to 4, jagged lists 0 to 5 long and some of them empty. ``label`` is 0 or 1, about
    one weight in ten is negative, two thirds of the events are for training.
    """
    random = np.random.default_rng(seed)
    types = {**_typed(columns), **ENGINE_COLUMNS}
    return Events({name: _column(name, kind, n, random) for name, kind in types.items()}, n)


def columns_of(description: Description, columns: AnyColumns | None, names: Iterable[str]) -> Columns:
    """The columns before a step or part: ``columns``, or float32 for each of ``names``; then its expressions."""
    known = Columns(_typed(names if columns is None else columns)).plus(ENGINE_COLUMNS)
    for text in description.wired("expression"):
        expression = parse(text, type(description).__name__)
        missing = {name: ColumnType() for name in expression.names if name not in known}
        known = known.plus(missing)
        known = known.plus({text: expression.result_type(known)})
    return known


def events_of(columns: Columns, n: int, seed: int) -> Events:
    """Events with these columns; a name that is no identifier is an expression over the others."""
    plain = {name: kind for name, kind in columns.items() if _is_name(name)}
    events = make_events(plain, n, seed)
    return events.plus({text: parse(text, text).evaluate(events) for text in columns if not _is_name(text)})


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[\w.]+", text) is not None


def _typed(columns: AnyColumns) -> dict[str, ColumnType]:
    return dict(columns) if isinstance(columns, Mapping) else {name: ColumnType() for name in columns}


def _column(name: str, kind: ColumnType, n: int, random: np.random.Generator) -> Column:
    special = _special(name, n, random)
    if special is not None:
        return special.astype(kind.dtype)
    if not kind.jagged:
        return _values(kind, n, random)
    lengths = random.integers(0, 6, n)
    lengths[n // 2 : n // 2 + 1] = 0
    return Jagged.from_lengths(_values(kind, int(lengths.sum()), random), lengths)


def _special(name: str, n: int, random: np.random.Generator) -> np.ndarray | None:
    if name == "label":
        return random.permutation(np.arange(n) % 2)
    if name == "weight":
        return random.uniform(0.5, 1.5, n) * np.where(random.random(n) < 0.1, -1, 1)
    if name == "part":
        return random.permutation(np.array([0, 0, 0, 0, 1, 2])[np.arange(n) % 6])
    if name in ("source", "sample"):
        return np.arange(n) * 2 // max(n, 1)
    return np.arange(n) if name == "entry" else None


def _values(kind: ColumnType, n: int, random: np.random.Generator) -> np.ndarray:
    shape = (n, *kind.shape)
    dtype = np.dtype(kind.dtype)
    if dtype.kind == "f":
        return random.normal(size=shape).astype(dtype)
    values = random.integers(0, 2 if dtype.kind == "b" else 5, shape)
    return values.astype(dtype)
