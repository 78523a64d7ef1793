"""The pictures of sequences: distances along the list, and lists with their continuation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hepdl_reports.style import COLOURS, SLATE, VIOLET, axis_title, clear_above, figure, stamp

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_distances(found: dict[str, Any], name: str, unit: str) -> Figure:
    """Mean distance of the network and of the straight line at each place."""
    picture = figure()
    axes = picture.add_subplot()
    places = np.arange(len(found["distance"])) + (1 if name == "continuation" else 3)
    axes.plot(places, found["distance_straight"], "s--", color=SLATE, label="straight line")
    axes.plot(places, found["distance"], "o-", color=VIOLET, label="network")
    axes.set_xlabel("Step of the continuation" if name == "continuation" else "Place in the list")
    axes.set_ylabel(axis_title("Mean distance", unit))
    axes.set_ylim(0)
    clear_above(axes, 0.2)
    axes.legend(loc="upper left")
    stamp(axes)
    return picture


def draw_lists(true: np.ndarray, free: np.ndarray, seen: int, titles: list[str], unit: str) -> Figure:
    """Lists ``[n, P, 2]`` as points, full where they were seen, and their continuations as lines."""
    picture = figure()
    axes = picture.add_subplot()
    seen = seen or true.shape[1]
    for number, (track, more) in enumerate(zip(true, free, strict=True)):
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(*track[:seen].T, "o", color=colour, ms=6)
        axes.plot(*track[seen:].T, "o", color=colour, ms=6, mfc="none")
        began = track[:seen][np.isfinite(track[:seen]).all(1)][-1:]
        axes.plot(*np.concatenate([began, more]).T, "-", color=colour, lw=1.8)
    axes.plot([], [], "o", color=SLATE, label="seen")
    axes.plot([], [], "o", color=SLATE, mfc="none", label="not seen")
    axes.plot([], [], "-", color=SLATE, label="running free")
    axes.set_aspect("equal", "datalim")
    axes.set_xlabel(axis_title(titles[0], unit))
    axes.set_ylabel(axis_title(titles[1], unit))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    stamp(axes)
    return picture
