"""The pictures of :class:`hepdl_reports.sculpting.SculptingReport`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hepdl_reports.sculpted import Cut, Sample
from hepdl_reports.style import COLOURS, clear_above, figure, log_axis, stamp, steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = "osDv^P*X"


def draw_spectra(sample: Sample, found: Mapping[str, Sequence[Cut]], title: str, background: str) -> Figure:
    """The background's variable, all of it and above the first cut on each score."""
    picture = figure()
    axes = picture.add_subplot()
    heights, _ = sample.spectrum()
    axes.stairs(heights, sample.edges, fill=True, color="black", alpha=0.15, label="no cut")
    for colour, (name, cuts) in zip(COLOURS, found.items(), strict=False):
        heights, errors = sample.spectrum(name, cuts[0].threshold)
        middle = (sample.edges[1:] + sample.edges[:-1]) / 2
        steps(axes, sample.edges, heights, color=colour, label=name)
        axes.errorbar(middle, heights, errors, fmt="none", color=colour, elinewidth=1)
    axes.set(xlim=(sample.edges[0], sample.edges[-1]), xlabel=title, ylabel="Fraction of events")
    axes.set_ylim(0, None)
    clear_above(axes, 0.12 + 0.06 * len(found))
    axes.legend(loc="upper right")
    cut = next(iter(found.values()))[0]
    stamp(axes, right=f"{background}, {100 * cut.efficiency:g} % signal")
    return picture


def draw_front(found: Mapping[str, Sequence[Cut]], names: tuple[str, str], efficiencies: Sequence[float]) -> Figure:
    """1/JSD against background rejection; the bar is the statistical limit for the first cut of each score."""
    picture = figure()
    axes = picture.add_subplot()
    for place, (name, cuts) in enumerate(found.items()):
        colour, cut = COLOURS[place % len(COLOURS)], cuts[0]
        axes.plot(cut.rejection, 1 / cut.jsd, MARKERS[place % len(MARKERS)], ms=11, color=colour, label=name)
        low, middle, high = (1 / value for value in cut.limit[::-1])
        axes.errorbar(cut.rejection, middle, [[middle - low], [high - middle]], fmt="_", ms=18, color=colour, alpha=0.5)
    log_axis(axes, "y")
    axes.set(
        xlabel=f"{names[0]} rejection at {100 * efficiencies[0]:g} % {names[1]} efficiency", ylabel="1/JSD [1/bit]"
    )
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 1), high)
    span = np.array([cuts[0].rejection for cuts in found.values()])
    axes.set_xlim(0, 1.25 * np.nanmax(span))
    axes.plot([], [], "_", ms=18, color="black", alpha=0.5, label="statistical limit")
    clear_above(axes, 0.05 + 0.035 * len(found))
    axes.legend(loc="upper right")
    stamp(axes)
    return picture
