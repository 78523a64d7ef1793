"""Lists of particles in an expression: reduced to one value an event, or cut down to some of the particles."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepdl.errors import ExpressionError
from hepdl.events import Jagged
from hepdl.expressions.operations import Value, need_same_lengths, same_rank


def need_list(value: Value, name: str) -> Jagged:
    """The value as a list of particles. Raises :class:`ExpressionError`."""
    if not isinstance(value, Jagged):
        raise ExpressionError(f"{name} works on a list of particles, but its argument has one value an event")
    return value


def reduced(ufunc: np.ufunc, jagged: Jagged, empty: float, dtype: Any) -> np.ndarray:
    """``ufunc`` over the particles of each event, in ``dtype``; ``empty`` where there are none."""
    result = np.full((len(jagged), *jagged.values.shape[1:]), empty, dtype)
    some = jagged.lengths > 0
    if some.any():
        result[some] = ufunc.reduceat(jagged.values, jagged.offsets[:-1][some], axis=0, dtype=dtype)
    return result


def total(jagged: Jagged) -> np.ndarray:
    """The sum, added up in double precision or 64 bits."""
    sums = reduced(np.add, jagged, 0, np.result_type(jagged.values.dtype, np.int64))
    return sums.astype(jagged.values.dtype) if jagged.values.dtype.kind == "f" else sums


def mean(jagged: Jagged) -> np.ndarray:
    """The mean, NaN of no particles."""
    sums, lengths = same_rank([reduced(np.add, jagged, 0, np.float64), jagged.lengths])
    means: np.ndarray = (sums / lengths).astype(_float_type(jagged))
    return means


def least(jagged: Jagged) -> np.ndarray:
    """The minimum, NaN of no particles."""
    return reduced(np.minimum, jagged, np.nan, _float_type(jagged))


def most(jagged: Jagged) -> np.ndarray:
    """The maximum, NaN of no particles."""
    return reduced(np.maximum, jagged, np.nan, _float_type(jagged))


def count(jagged: Jagged) -> np.ndarray:
    """The number of particles; of a condition, the number of particles for which it is true."""
    return total(jagged) if jagged.values.dtype == bool else np.asarray(jagged.lengths)


def _float_type(jagged: Jagged) -> Any:
    """The type of a result that may be missing (NaN): integers become floating."""
    return np.result_type(jagged.values.dtype, np.float32)


def chosen(value: Value, mask: Value) -> Jagged:
    """The particles for which a list of conditions is true: ``part_pt[part_pt > 1]``."""
    lists = [need_list(value, "[condition]"), need_list(mask, "the condition in []")]
    if lists[1].values.dtype != bool:
        raise ExpressionError(
            "only x[0], x[:3] and x[condition] select particles; events are not numbered; particles by their numbers "
            "are take(x, numbers)"
        )
    need_same_lengths(lists)
    return _kept(lists[0], lists[1].values)


def _kept(jagged: Jagged, keep: np.ndarray) -> Jagged:
    before = np.zeros(len(keep) + 1, np.int64)
    np.cumsum(keep, out=before[1:])
    return Jagged(jagged.values[keep], before[jagged.offsets])


def particle(value: Value, index: int) -> np.ndarray:
    """Particle number ``index`` of each event (-1 is the last), NaN where there is none; or a feature of a group."""
    if not isinstance(value, Jagged):
        return np.asarray(_need_group(value)[:, index])
    has = value.lengths > index if index >= 0 else value.lengths >= -index
    start = value.offsets[:-1] if index >= 0 else value.offsets[1:]
    result = np.full((len(value), *value.values.shape[1:]), np.nan, _float_type(value))
    result[has] = value.values[start[has] + index]
    return result


def particles(value: Value, part: slice) -> Value:
    """A run of particles of each event, fewer where there are fewer; or of the features of a group."""
    if not isinstance(value, Jagged):
        return np.asarray(_need_group(value)[:, part])
    first, last = (_from_start(end, value.lengths) for end in (part.start or 0, part.stop))
    lengths = np.maximum(last - first, 0)
    kept = Jagged.from_lengths(value.values, lengths)
    start = np.repeat(value.offsets[:-1] + first - kept.offsets[:-1], lengths)
    return Jagged(value.values[start + np.arange(len(start))], kept.offsets)


def _from_start(end: int | None, lengths: np.ndarray) -> np.ndarray:
    if end is None:
        return lengths
    return np.asarray(np.minimum(lengths, end) if end >= 0 else np.maximum(lengths + end, 0))


def leading(value: Value, number: Value) -> Value:
    """The first ``number`` particles of each event, in the order of the file."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ExpressionError("leading(x, n) takes a whole number n of particles")
    return particles(need_list(value, "leading"), slice(0, number))


def take(value: Value, index: Value) -> Value:
    """Particles by their number in the event, one or a list in each event; NaN where the number is negative."""
    particles, place = need_list(value, "take"), index.values if isinstance(index, Jagged) else np.asarray(index)
    if place.dtype.kind not in "iu":
        raise ExpressionError(
            f"take(x, index) needs whole numbers, as in take(Muon_pt, Jet_muonIdx), not {place.dtype}"
        )
    if not isinstance(index, Jagged):
        place = np.broadcast_to(place, (len(particles),))
    row = np.repeat(np.arange(len(index)), index.lengths) if isinstance(index, Jagged) else np.arange(len(place))
    _need_inside(place, particles.lengths[row], row)
    taken = np.full((len(place), *particles.values.shape[1:]), np.nan, _float_type(particles))
    some = place >= 0
    taken[some] = particles.values[(particles.offsets[row] + place)[some]]
    return Jagged(taken, index.offsets) if isinstance(index, Jagged) else taken


def _need_inside(place: np.ndarray, lengths: np.ndarray, row: np.ndarray) -> None:
    outside = np.flatnonzero(place >= lengths)
    if len(outside):
        at = outside[0]
        raise ExpressionError(
            f"an index points behind the last particle in {len(outside)} places: to number {place[at]} of "
            f"{lengths[at]} in row {row[at]}"
        )


def _need_group(value: Value) -> np.ndarray:
    if isinstance(value, np.ndarray) and value.ndim > 1:
        return value
    raise ExpressionError("[...] needs a list of particles or a group of features, not one value an event")
