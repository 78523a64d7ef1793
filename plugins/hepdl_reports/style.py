"""How pictures look: mplhep's style, fonts that survive a half-page column, one place for colours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, RED, VIOLET, SLATE = "#3f90da", "#ffa90e", "#bd1f01", "#832db6", "#717581"
"""From M. A. Petroff's sequence (arXiv:2107.02270), told apart by colour-blind readers and in print."""
COLOURS = (BLUE, RED, ORANGE, VIOLET, SLATE, "#a96b59", "#b9ac70", "#92dadd")
PLAIN, PIVOT = SLATE, VIOLET
LOW, HIGH = BLUE, RED


@contextmanager
def style() -> Iterator[None]:
    """Pictures must be made and saved inside."""
    import mplhep
    from matplotlib import rc_context

    ours = {
        "font.size": 19,
        "figure.figsize": (7.0, 6.2),
        "lines.linewidth": 2.2,
        "axes.linewidth": 1.4,
        "legend.fontsize": 15,
        "xtick.major.size": 9,
        "xtick.minor.size": 4.5,
        "ytick.major.size": 9,
        "ytick.minor.size": 4.5,
        "figure.constrained_layout.use": True,
        "pdf.fonttype": 42,
    }
    with rc_context({**dict(mplhep.style.CMS), **ours}):
        yield


def figure(**options: Any) -> Figure:
    """An empty figure that no window system knows of."""
    from matplotlib.figure import Figure

    return Figure(**options)


def stamp(axes: Axes, right: str = "", left: str = r"$\mathbf{hepdl}$ $\mathit{simulation}$") -> None:
    """A text above the axes on the left and one on the right."""
    for place, text, size in ((0.0, left, 18), (1.0, right, 15)):
        side = "right" if place else "left"
        axes.text(place, 1.01, text, transform=axes.transAxes, ha=side, va="bottom", fontsize=size)


def steps(axes: Axes, edges: np.ndarray, heights: np.ndarray, **options: Any) -> None:
    """A histogram as a line, closed at both ends."""
    axes.stairs(heights, edges, baseline=None, **{"lw": 1.8} | options)


def band(axes: Axes, edges: np.ndarray, low: np.ndarray, high: np.ndarray, **options: Any) -> None:
    """A filled band over bins."""
    axes.stairs(high, edges, baseline=low, fill=True, lw=0, **options)


def clear_above(axes: Axes, share: float) -> None:
    """Leave this share of a linear or logarithmic axis free above what is drawn, for a legend."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log":
        axes.set_ylim(low, low * (high / low) ** (1 / (1 - share)))
    else:
        axes.set_ylim(low, low + (high - low) / (1 - share))


def log_axis(axes: Axes, which: str) -> None:
    """Make the axis ``x`` or ``y`` logarithmic, with plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=8))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def axis_title(name: str, unit: str) -> str:
    """``name [unit]``."""
    return f"{name} [{unit}]" if unit else name
