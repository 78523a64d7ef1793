"""Operations on the values of an expression, element by element.

A value is a number, an array with one row an event, or :class:`Jagged`. Where a list of particles meets a value of
its event, the value is repeated for each particle; a plain column meets a group ``[N, F]`` feature by feature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hepdl.errors import ExpressionError
from hepdl.events import Jagged

Value = np.ndarray | Jagged | bool | int | float
Operation = Callable[..., Any]


def elementwise(function: Operation) -> Operation:
    """``function`` of arrays, made to work on numbers, columns and lists of particles together."""

    def apply(*values: Value) -> Value:
        lists = [value for value in values if isinstance(value, Jagged)]
        if not lists:
            return _plain(function(*same_rank(values)))
        need_same_lengths(lists)
        return Jagged(function(*same_rank([_per_particle(value, lists[0]) for value in values])), lists[0].offsets)

    return apply


def _plain(result: Any) -> Value:
    """Constants stay Python numbers, so that they never widen the type of a column."""
    plain: Value = result.item() if np.ndim(result) == 0 else result
    return plain


def _per_particle(value: Value, jagged: Jagged) -> Any:
    if isinstance(value, Jagged):
        return value.values
    return np.repeat(value, jagged.lengths, axis=0) if isinstance(value, np.ndarray) else value


def same_rank(values: Any) -> list[Any]:
    """The values with axes added behind, so that numpy pairs their rows."""
    rank = max(np.ndim(value) for value in values)
    return [v.reshape(v.shape + (1,) * (rank - v.ndim)) if isinstance(v, np.ndarray) else v for v in values]


def need_same_lengths(lists: list[Jagged]) -> None:
    """Lists that meet must have the same particles. Raises :class:`ExpressionError`."""
    first = lists[0]
    for other in lists[1:]:
        if other.offsets is not first.offsets and not np.array_equal(other.offsets, first.offsets):
            row = int(np.argmax(first.lengths != other.lengths))
            raise ExpressionError(
                f"lists of different lengths meet: {first.lengths[row]} and {other.lengths[row]} particles in row {row}"
            )


def arithmetic(function: Operation) -> Operation:
    """``function`` where true counts as 1, and a constant that does not fit into 64 bits is an error."""

    def operate(*values: Any) -> Any:
        if not _whole(*values):
            return function(*values)
        result = function(*map(_counted, values))
        if np.ndim(result) == 0 and abs(function(*map(float, values))) >= 2.0**63:
            raise ExpressionError("a constant is larger than a 64-bit integer can hold; write it as 1e20")
        return result

    return operate


def _whole(*values: Any) -> bool:
    return np.result_type(*values).kind in "biu"


def _counted(value: Any) -> Any:
    return np.asarray(value, np.int64) if np.result_type(value).kind == "b" else value


def power(base: Any, exponent: Any) -> Any:
    """``base ** exponent``, where a negative power of an integer is a fraction."""
    negative = isinstance(exponent, int) and exponent < 0
    return arithmetic(np.power)(base, float(exponent) if negative else exponent)


def division(function: Operation) -> Operation:
    """Floor division or remainder, where integers have no infinity to say that the divisor was zero."""

    def operate(left: Any, right: Any) -> Any:
        zeros = np.count_nonzero(np.equal(right, 0)) if _whole(left, right) else 0
        if zeros:
            raise ExpressionError(f"integer division by zero in {zeros} places; divide with / or use maximum(n, 1)")
        return arithmetic(function)(left, right)

    return operate


def bitwise(function: Operation, symbol: str, word: str) -> Operation:
    """``&`` and ``|``: of two conditions, or of the bits of two integers; a mixture is a mistake."""

    def operate(left: Any, right: Any) -> Any:
        kinds = {np.result_type(value).kind == "b" for value in (left, right)}
        if len(kinds) > 1 or not _whole(left, right):
            raise ExpressionError(f"'{symbol}' takes two conditions or two integers; use '{word}' or add '!= 0'")
        return function(left, right)

    return operate
