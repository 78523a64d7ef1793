"""Pictures of a learned plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hepdl_reports.style import COLOURS, axis_title, figure, stamp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS = 3000
"""Events of a class that are drawn."""
CELLS = 30
"""Cells along an axis for the mean of a variable."""
BULK = [5, 95]
"""Percentiles of these means between which colours differ."""
INSIDE = [0.5, 99.5]
"""Percentiles between which the plane is shown."""


def draw_plane(
    plane: np.ndarray, weight: np.ndarray, label: np.ndarray, names: dict[float, str],
    variables: dict[str, np.ndarray], units: dict[str, str],
) -> Figure:  # fmt: skip
    """Classes as points, then a panel with the mean of each variable."""
    panels = 1 + len(variables)
    picture = figure(figsize=(6.2 * panels + 0.8 * (panels - 1), 6.2))
    cells = picture.subplots(1, panels, squeeze=False)[0]
    low, high = np.percentile(plane, INSIDE, axis=0)
    for axes in cells:
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="first axis", ylabel="second axis")
    _classes(cells[0], plane, label, names)
    for axes, (name, values) in zip(cells[1:], variables.items(), strict=True):
        inside = ((plane >= low) & (plane <= high)).all(1)
        _mean(axes, plane[inside], values[inside], weight[inside], axis_title(name, units.get(name, "")))
    stamp(cells[0])
    return picture


def _classes(axes: Axes, plane: np.ndarray, label: np.ndarray, names: dict[float, str]) -> None:
    for number, (value, name) in enumerate(names.items()):
        points = plane[label == value][:POINTS]
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(*points.T, ".", ms=3, alpha=0.35, color=colour, rasterized=True)
        axes.plot([], [], "o", color=colour, label=name)
    axes.legend(loc="best", frameon=True)


def _mean(axes: Axes, plane: np.ndarray, values: np.ndarray, weight: np.ndarray, title: str) -> None:
    """The weighted mean in each cell; cells whose weights do not add up to more than 0 are left out."""
    sums, x, y = np.histogram2d(*plane.T, CELLS, weights=weight * values)
    total, *_ = np.histogram2d(*plane.T, (x, y), weights=weight)
    mean = np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)
    low, high = np.nanpercentile(mean, BULK)
    mesh = axes.pcolormesh(x, y, mean.T, cmap="viridis", vmin=low, vmax=high, rasterized=True)
    axes.figure.colorbar(mesh, ax=axes, extend="both").set_label(f"mean {title}", loc="center")
