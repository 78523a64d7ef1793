"""Low, high and all the slices of a nuisance in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hepdl.errors import BadValues, ParameterError
from hepdl_reports.weighted import cells, quantiles

DISCRETE = 10
"""A nuisance with at most this many distinct values is taken value by value."""


@dataclass(frozen=True)
class Window:
    """Values from ``start`` to ``stop``, both included; an end may be infinite."""

    start: float
    stop: float

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Mask ``[N]`` of the values inside."""
        return (values >= self.start) & (values <= self.stop)

    def text(self, name: str) -> str:
        """``mu < 10``, ``mu > 50``, ``10 < mu < 20`` or ``mu = 0``."""
        if self.start == self.stop:
            return f"{name} = {self.start:.3g}"
        left = "" if np.isinf(self.start) else f"{self.start:.3g} < "
        right = "" if np.isinf(self.stop) else f" < {self.stop:.3g}"
        return f"{name} > {self.start:.3g}" if left and not right else f"{left}{name}{right}"


Bound = float | Sequence[float] | None


def low_and_high(values: np.ndarray, low: Bound, high: Bound, name: str, reader: str) -> tuple[Window, Window]:
    """The two windows that are compared.

    A number is the upper end of low or the lower end of high, a pair is a window. By default they are the lowest
    and highest value of a discrete nuisance, else the lowest and highest sixth of its range, or of its events when
    one of those would hold less than a fiftieth of them.
    """
    distinct = np.unique(values)
    if len(distinct) < 2:
        value = "no value" if len(distinct) == 0 else f"always '{distinct[0]:g}'"
        raise BadValues(f"{reader}: nuisance '{name}' has {value} in {len(values)} events; it must vary to be judged")
    defaults = _sixths(values, distinct)
    windows = _window(low, defaults[0], "low", reader), _window(high, defaults[1], "high", reader)
    for window, kind in zip(windows, ("low", "high"), strict=True):
        if np.count_nonzero(window.holds(values)) < 2:
            raise BadValues(
                f"{reader}.{kind}: fewer than two events have {window.text(name)}; "
                f"'{name}' goes from {distinct[0]:g} to {distinct[-1]:g}"
            )
    return windows


def slices(values: np.ndarray, weight: np.ndarray, most: int) -> list[Window]:
    """Each value of a discrete nuisance, else ``most`` windows with equal sums of |w|."""
    distinct = np.unique(values)
    if len(distinct) <= DISCRETE:
        return [Window(float(v), float(v)) for v in distinct]
    edges = np.unique(quantiles(values, weight, np.linspace(0, 1, most + 1)))
    return [Window(float(a), float(b)) for a, b in pairwise(edges)]


def opened(windows: list[Window]) -> list[Window]:
    """The same slices, the first and the last without outer end, unless each is a single value."""
    if windows[0].start == windows[0].stop:
        return windows
    return [Window(-np.inf, windows[0].stop), *windows[1:-1], Window(windows[-1].start, np.inf)]


def members_of(windows: list[Window], values: np.ndarray) -> list[np.ndarray]:
    """Masks of the slices of :func:`slices`, each event in exactly one."""
    cell = cells(values, np.array([*(window.start for window in windows), windows[-1].stop]))
    return [cell == i for i in range(len(windows))]


def _sixths(values: np.ndarray, distinct: np.ndarray) -> tuple[Window, Window]:
    first, last = float(distinct[0]), float(distinct[-1])
    if len(distinct) <= DISCRETE:
        return Window(first, first), Window(last, last)
    ends = first + (last - first) / 6, last - (last - first) / 6
    if min(np.mean(values <= ends[0]), np.mean(values >= ends[1])) < 0.02:
        ends = tuple(np.quantile(values, [1 / 6, 5 / 6]))
    return Window(-np.inf, float(f"{ends[0]:.3g}")), Window(float(f"{ends[1]:.3g}"), np.inf)


def _window(bound: Bound, default: Window, kind: str, reader: str) -> Window:
    if bound is None:
        return default
    if isinstance(bound, int | float):
        return Window(-np.inf, bound) if kind == "low" else Window(bound, np.inf)
    if len(bound) != 2 or bound[0] > bound[1]:
        raise ParameterError(f"{reader}.{kind}: a window is two numbers [from, to] (got {list(bound)})")
    return Window(float(bound[0]), float(bound[1]))
