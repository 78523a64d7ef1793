"""Labels beside points, placed so that none covers another or a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLACES = [
    *[(0, 12, "center", "bottom"), (10, 0, "left", "center"), (0, -12, "center", "top"), (-10, 0, "right", "center")],
    *[(10, 12, "left", "bottom"), (10, -12, "left", "top"), (-10, 12, "right", "bottom"), (-10, -12, "right", "top")],
    *[(0, 30, "center", "bottom"), (0, -30, "center", "top")],
]
"""Offsets in points and alignments, the best first."""


def label_points(axes: Axes, points: np.ndarray, texts: list[str], size: float = 15) -> None:
    """Write each text beside its point ``[N, (x, y, error of y)]``, in the first place where it covers nothing."""
    axes.figure.draw_without_rendering()
    taken = [_box(axes, point) for point in points]
    for point, text in zip(points, texts, strict=True):
        taken.append(_place(axes, point[:2], text, size, taken))


def _place(axes: Axes, point: np.ndarray, text: str, size: float, taken: list[np.ndarray]) -> np.ndarray:
    frame = axes.get_window_extent().extents
    tries = []
    for x, y, horizontal, vertical in PLACES:
        note = axes.annotate(text, point, (x, y), textcoords="offset points", ha=horizontal, va=vertical, fontsize=size)
        box = note.get_window_extent().extents
        tries.append((sum(_overlap(box, other) for other in taken) + _outside(box, frame), note, box))
        if tries[-1][0] == 0:
            break
    best = min(range(len(tries)), key=lambda i: tries[i][0])
    for i, (_, note, _) in enumerate(tries):
        if i != best:
            note.remove()
    return tries[best][2]


def _box(axes: Axes, point: np.ndarray) -> np.ndarray:
    x, y, error = np.nan_to_num(point)
    low, high = axes.transData.transform([(x, y - error), (x, y + error)])
    half = 6.0
    return np.array([low[0] - half, min(low[1], high[1] - half), high[0] + half, max(high[1], low[1] + half)])


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Area that two boxes (left, bottom, right, top) share."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    return float(np.prod(np.maximum(sides, 0.0)))


def _outside(box: np.ndarray, frame: np.ndarray) -> float:
    return float(np.prod(box[2:] - box[:2])) - _overlap(box, frame)
