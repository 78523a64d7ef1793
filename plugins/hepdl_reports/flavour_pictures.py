"""The pictures of a flavour tagger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hepdl_reports.flavour_numbers import AgainstVariable, Scan
from hepdl_reports.many_classes import Labelled
from hepdl_reports.style import COLOURS, clear_above, figure, log_axis, stamp
from hepdl_reports.weighted import histogram, quantiles

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_discriminant(found: Labelled, score: np.ndarray, signal: str, efficiencies: list[float]) -> Figure:
    """Density of the discriminant of each flavour; dotted lines are the cuts of the working points."""
    picture = figure()
    axes = picture.add_subplot()
    edges = _edges(found, score)
    for i, name in enumerate(found.names):
        rows = found.label == i
        heights, errors = histogram(score[rows], found.weight[rows], edges)
        scale = found.weight[rows].sum() * (edges[1] - edges[0])
        axes.stairs(heights / scale, edges, color=_colour(found.names, name), lw=1.8, label=f"{name} jets")
        middle = (edges[1:] + edges[:-1]) / 2
        axes.errorbar(middle, heights / scale, errors / scale, fmt="none", color=_colour(found.names, name), lw=1)
    place = found.label == found.names.index(signal)
    for cut in -quantiles(-score[place], found.weight[place], np.asarray(efficiencies)):
        axes.axvline(cut, color="black", lw=1, ls=":")
    axes.set(xlim=(edges[0], edges[-1]), xlabel=rf"$D_{{\mathrm{{{signal}}}}}$", ylabel="Density")
    axes.set_ylim(0, None)
    clear_above(axes, 0.12)
    axes.legend(loc="upper right", ncols=len(found.names), fontsize=13)
    stamp(axes)
    return picture


def draw_rejections(found: Labelled, score: np.ndarray, signal: int, efficiencies: list[float]) -> Figure:
    """Rejection of each other flavour against signal efficiency, with √Σw² bands and points at the working points."""
    picture = figure()
    axes = picture.add_subplot()
    log_axis(axes, "y")
    at = np.linspace(0.5, 1, 51)
    for i, name in enumerate(found.names):
        if i == signal:
            continue
        curve, marks = (
            np.array([(one.value, one.error) for one in found.rejections(score, signal, i, list(steps))])
            for steps in (at, efficiencies)
        )
        curve = np.where(curve[:, 1:] < 0.5 * curve[:, :1], curve, np.nan)
        colour = _colour(found.names, name)
        axes.plot(at, curve[:, 0], color=colour, label=f"{name} jets")
        axes.fill_between(at, curve[:, 0] - curve[:, 1], curve[:, 0] + curve[:, 1], color=colour, alpha=0.25, lw=0)
        axes.errorbar(efficiencies, marks[:, 0], marks[:, 1], fmt="o", ms=6, color=colour)
    axes.set(xlim=(0.5, 1), xlabel=f"{found.names[signal]}-jet efficiency", ylabel="Rejection")
    axes.set_ylim(1, None)
    axes.legend(loc="upper right")
    stamp(axes)
    return picture


def draw_scan(scan: Scan, names: tuple[str, str], chosen: float, at: float, classes: Sequence[str]) -> Figure:
    """What the fraction of one flavour trades: its rejection and that of the others; the line is the chosen value."""
    picture = figure()
    axes = picture.add_subplot()
    log_axis(axes, "y")
    for name, values in scan.rejections.items():
        colour = _colour(classes, name)
        axes.errorbar(scan.fraction, *values.T, fmt="o-", ms=4, lw=1.5, color=colour, label=f"{name} jets")
    axes.axvline(chosen, color="black", lw=1, ls=":")
    axes.set(xlabel=rf"$f_{{\mathrm{{{names[1]}}}}}$", ylabel="Rejection", xlim=(-0.02, max(scan.fraction) + 0.02))
    clear_above(axes, 0.15)
    axes.legend(loc="upper right")
    stamp(axes, right=f"{100 * at:.3g} % {names[0]} efficiency")
    return picture


def draw_against(binned: AgainstVariable, signal: str, title: str, at: float, classes: Sequence[str]) -> Figure:
    """Signal efficiency above, rejections below, of one cut in bins of a variable."""
    picture = figure(figsize=(7.0, 7.4))
    upper, lower = picture.subplots(2, 1, sharex=True)
    middle, half = (binned.edges[1:] + binned.edges[:-1]) / 2, np.diff(binned.edges) / 2
    upper.errorbar(middle, binned.efficiency[:, 0], binned.efficiency[:, 1], half, fmt="o", ms=5, color="black")
    upper.axhline(at, color="black", lw=1, ls=":")
    upper.set_ylabel(f"{signal} efficiency")
    log_axis(lower, "y")
    for name, values in binned.rejections.items():
        colour = _colour(classes, name)
        lower.errorbar(middle, values[:, 0], values[:, 1], half, fmt="o", ms=5, color=colour, label=f"{name} jets")
    lower.set(xlabel=title, ylabel="Rejection")
    clear_above(lower, 0.2)
    lower.legend(loc="upper right", ncols=2)
    stamp(upper, right=f"one cut, {100 * at:.3g} % in all")
    return picture


def _colour(classes: Sequence[str], name: str) -> str:
    return COLOURS[list(classes).index(name) % len(COLOURS)]


def _edges(found: Labelled, score: np.ndarray) -> np.ndarray:
    """Bins that hold nearly all of each flavour."""
    rows = [found.label == i for i in range(len(found.names))]
    ends = np.array([quantiles(score[these], found.weight[these], np.array([0.002, 0.998])) for these in rows])
    low, high = ends[:, 0].min(), ends[:, 1].max()
    return np.linspace(low, high if high > low else low + 1, 51)
