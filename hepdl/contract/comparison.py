"""Comparing columns: what a column is, and how two of them differ, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hepdl.columns import ColumnType
from hepdl.events import Column, Events, Jagged


def type_of(column: Column) -> str:
    """Type of a host column as :class:`~hepdl.columns.ColumnType` writes it."""
    values = column.values if isinstance(column, Jagged) else column
    return str(ColumnType(str(values.dtype), tuple(values.shape[1:]), isinstance(column, Jagged)))


def snapshot(events: Mapping[str, Column]) -> dict[str, Column]:
    """A copy of host columns that shares nothing with them."""
    return {name: _copy(events[name]) for name in events}


def differing(expected: Mapping[str, Column], got: Mapping[str, Column], rtol: float = 0.0, atol: float = 0.0) -> str:
    """How two sets of host columns differ; empty when they agree within the tolerances (NaN equals NaN)."""
    if list(expected) != list(got):
        return f"columns {list(got)} instead of {list(expected)}"
    problems = (_differing(name, expected[name], got[name], rtol, atol) for name in expected)
    return next(filter(None, problems), "")


def joined(first: dict[str, Column], second: dict[str, Column]) -> dict[str, Column]:
    """Host columns of two blocks one after the other."""
    return Events.concatenate([Events(first), Events(second)]).columns()


def _differing(name: str, expected: Column, got: Column, rtol: float, atol: float) -> str:
    if type_of(expected) != type_of(got) or len(expected) != len(got):
        return f"column '{name}' is {type_of(got)} of {len(got)} rows, not {type_of(expected)} of {len(expected)}"
    if isinstance(expected, Jagged) and isinstance(got, Jagged):
        if not np.array_equal(expected.offsets, got.offsets):
            return f"column '{name}' has other list lengths"
        expected, got = expected.values, got.values
    if _agree(expected, got, rtol, atol):
        return ""
    return f"column '{name}' differs{_largest(expected, got)}"


def _agree(expected: np.ndarray, got: np.ndarray, rtol: float, atol: float) -> bool:
    if expected.dtype.kind != "f":
        return np.array_equal(expected, got)
    return np.allclose(got, expected, rtol, atol, equal_nan=True)


def _largest(expected: np.ndarray, got: np.ndarray) -> str:
    if expected.dtype.kind not in "fiu":
        return f" in {int(np.sum(expected != got))} of {expected.size} values"
    gap = np.abs(expected.astype(np.float64) - got.astype(np.float64))
    return f" by up to {np.nanmax(gap):.3g}" if np.isfinite(gap).any() else " in its NaN or infinite values"


def _copy(column: Column) -> Column:
    return Jagged(column.values.copy(), column.offsets.copy()) if isinstance(column, Jagged) else column.copy()
