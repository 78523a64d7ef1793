"""The pictures of many classes: confusion and purity as tables, one class against the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hepdl_reports.many_classes import Labelled
from hepdl_reports.style import COLOURS, clear_above, figure, stamp

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_table(table: np.ndarray, names: tuple[str, ...], columns: str) -> Figure:
    """Fractions ``[row, column, (value, error)]``; each row sums to 1. ``columns`` is "Taken as" (rows are the true
    class) or "True" (rows are what it was taken as).
    """
    side = 3.6 + 0.95 * len(names)
    picture = figure(figsize=(side + 0.6, side))
    axes = picture.add_subplot()
    shown = np.nan_to_num(table[..., 0])
    axes.imshow(shown, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(shown):
        text = f"{100 * value:.1f}%\n± {100 * table[row, column, 1]:.1f}%"
        colour = "white" if value > 0.55 else "black"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=14)
    places = range(len(names))
    axes.set_xticks(places, names)
    axes.set_yticks(places, names, rotation=90, va="center")
    axes.tick_params(length=0, which="both")
    axes.minorticks_off()
    axes.set(xlabel=columns, ylabel="True" if columns == "Taken as" else "Taken as")
    stamp(axes, right="efficiency" if columns == "Taken as" else "purity")
    return picture


def draw_one_against_rest(found: Labelled) -> Figure:
    """Efficiency of each class against that of all others."""
    picture = figure()
    axes = picture.add_subplot()
    for i, name in enumerate(found.names):
        curve = found.against_rest(i)
        label = f"{name} against the rest: AUC {curve.area:.3f}"
        axes.plot(curve.background, curve.signal, color=COLOURS[i % len(COLOURS)], label=label)
    axes.plot((0, 1), (0, 1), color="black", lw=1, ls=":")
    axes.set(xlim=(0, 1), xlabel="Efficiency of the rest", ylabel="Efficiency of the class")
    axes.set_ylim(0, 1)
    axes.legend(loc="lower right")
    stamp(axes)
    clear_above(axes, 0.03)
    return picture
