"""The pictures of a pivot: dependence beside the plain network, price against invariance, significance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hepdl_reports.distance import score_edges
from hepdl_reports.exam import Exam
from hepdl_reports.gain import Gain
from hepdl_reports.labels import label_points
from hepdl_reports.style import HIGH, LOW, PIVOT, PLAIN, axis_title, band, clear_above, figure, log_axis, stamp, steps
from hepdl_reports.weighted import efficiency, histogram
from hepdl_reports.windows import members_of, opened, slices

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NETWORKS = ("plain", "pivot")
COLOUR = {"plain": PLAIN, "pivot": PIVOT}
LINE = {"plain": "--", "pivot": "-"}
Scores = dict[str, np.ndarray]
"""Scores ``[N]`` of the networks by name, plain first."""


@dataclass(frozen=True)
class Names:
    """What the axes call things."""

    nuisance: str
    unit: str
    signal: str
    measured: str

    @property
    def axis(self) -> str:
        """Title of the nuisance axis."""
        return axis_title(self.nuisance, self.unit)


def draw_dependence(test: Exam, scores: Scores, names: Names, bins: int) -> Figure:
    """Left: scores at low and high nuisance with their ratio. Right: efficiency against nuisance at one threshold."""
    picture = figure(figsize=(11.5, 5.4))
    halves = picture.add_gridspec(1, 2, wspace=0.06)
    left = halves[0].subgridspec(2, 1, height_ratios=(2.4, 1), hspace=0.02)
    upper, lower, right = (picture.add_subplot(place) for place in (left[0], left[1], halves[1]))
    _shapes(upper, lower, test, scores, names)
    _efficiencies(right, test, scores, names, bins)
    return picture


def draw_tradeoff(
    points: list[tuple[str, dict[str, tuple[float, float]]]], floor: tuple[float, float], names: Names
) -> Figure:
    """Background rejection against KS distance, a point for each network, labelled; grey where statistics ends."""
    picture = figure()
    axes = picture.add_subplot()
    at = np.array([(card["ks"][0], card["rejection"][0], card["rejection"][1]) for _, card in points])
    log_axis(axes, "x")
    axes.axvspan(1e-9, sum(floor), color="#dddddd", lw=0, label="statistical floor")
    for (text, _), (x, y, error) in zip(points, at, strict=True):
        shape = "D" if text == "pivot" else "o"
        axes.errorbar(x, y, error, fmt=shape, ms=8, color=COLOUR.get(text, "black"), zorder=3)
    axes.set_xlim(min(at[:, 0].min(), floor[0]) / 2, at[:, 0].max() * 2.2)
    axes.set_ylim(0, 1.15 * np.max(at[:, 1] + at[:, 2]))
    label_points(axes, at, [text for text, _ in points])
    axes.set_xlabel(f"KS distance of {names.measured}, low to high {names.nuisance}")
    axes.set_ylabel("Background rejection")
    axes.legend(loc="lower right", title=r"labels: strength $\lambda$" if len(points) > 2 else None, title_fontsize=15)
    stamp(axes)
    return picture


def draw_slices(test: Exam, scores: Scores, names: Names) -> Figure:
    """Score shapes of the measured events in slices of the nuisance, a panel for each network."""
    picture = figure(figsize=(11.0, 5.0))
    panels = picture.subplots(1, 2, sharey=True)
    nuisance, weight = test.nuisance[test.measured], test.weight[test.measured]
    windows = slices(nuisance, weight, 5)
    texts = [window.text(names.nuisance) for window in opened(windows)]
    for axes, (network, score) in zip(panels, scores.items(), strict=True):
        _slice_shapes(axes, score[test.measured], weight, members_of(windows, nuisance), texts)
        axes.set_xlabel(f"{network.capitalize()} score")
    panels[0].set_ylabel("Events, normalised")
    clear_above(panels[0], 0.12)
    panels[1].legend(loc="upper right", fontsize=13)
    stamp(panels[0])
    stamp(panels[1], names.measured, left="")
    return picture


def draw_significance(gain: Gain) -> Figure:
    """AMS on the test part against the threshold, bootstrap band, and where validation put the threshold."""
    picture = figure()
    axes = picture.add_subplot()
    for i, network in enumerate(NETWORKS):
        value, error = gain.ams(i)
        x, colour = gain.thresholds[i], COLOUR[network]
        axes.fill_between(x, *gain.band(i), color=colour, alpha=0.3, lw=0)
        axes.plot(x, gain.curves[i], LINE[network], color=colour, label=f"{network}: {value:.2f} ± {error:.2f}")
        axes.plot(x[gain.chosen[i]], value, "o", ms=9, color=colour)
    axes.set_xlabel("Threshold on the score")
    axes.set_ylabel("AMS (s = 100, b = 1000)")
    axes.set_ylim(0, None)
    clear_above(axes, 0.25)
    axes.legend(loc="upper left", title="AMS, threshold from validation", alignment="left", title_fontsize=15)
    stamp(axes)
    return picture


def _shapes(upper: Axes, lower: Axes, test: Exam, scores: Scores, names: Names) -> None:
    edges = score_edges(np.concatenate([s[test.measured] for s in scores.values()]), 25)
    far = 0.2
    for network, score in scores.items():
        (low, low_error), (high, high_error) = pair = _low_and_high(test, score, edges)
        for (heights, _), colour in zip(pair, (LOW, HIGH), strict=True):
            steps(upper, edges, heights, color=colour, ls=LINE[network])
        ratio = high / np.where((low > 2 * low_error) & (high > 2 * high_error), low, np.nan)
        steps(lower, edges, ratio, color=COLOUR[network], ls=LINE[network])
        far = max(far, float(np.nanmax(np.abs(ratio - 1), initial=0.0)))
    error = np.nan_to_num(
        ratio * np.hypot(low_error / np.where(low > 0, low, 1), high_error / np.where(high > 0, high, 1))
    )
    band(lower, edges, 1 - error, 1 + error, color="#cccccc", zorder=0)
    _dress_shapes(upper, lower, (float(edges[0]), float(edges[-1])), 1.15 * min(far, 0.85))
    _two_legends(upper, test, names)
    lower.set_xlabel(f"Score ({names.measured})")


def _low_and_high(test: Exam, score: np.ndarray, edges: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Normalised histogram and its errors at low and at high nuisance."""
    pair = []
    for window in (test.low, test.high):
        rows = test.measured & window.holds(test.nuisance)
        sums, errors = histogram(score[rows], test.weight[rows], edges)
        pair.append((sums / sums.sum(), errors / sums.sum()))
    return pair


def _dress_shapes(upper: Axes, lower: Axes, ends: tuple[float, float], span: float) -> None:
    upper.set_xlim(ends)
    upper.set_ylim(0, None)
    clear_above(upper, 0.36)
    upper.set_ylabel("Events, normalised")
    upper.tick_params(labelbottom=False)
    stamp(upper)
    lower.axhline(1, color="black", lw=0.8)
    lower.set(xlim=ends, ylim=(1 - span, 1 + span))
    lower.set_ylabel("High / low", loc="center")


def _two_legends(axes: Axes, test: Exam, names: Names) -> None:
    from matplotlib.lines import Line2D

    windows = [
        Line2D([], [], color=colour, label=window.text(names.nuisance))
        for window, colour in ((test.low, LOW), (test.high, HIGH))
    ]
    networks = [Line2D([], [], color="black", ls=LINE[network], label=network) for network in NETWORKS]
    axes.legend(handles=[*windows, *networks], loc="upper right", ncols=2, columnspacing=1.2, handlelength=1.8)


def _efficiencies(axes: Axes, test: Exam, scores: Scores, names: Names, bins: int) -> None:
    nuisance, weight = test.nuisance[test.measured], test.weight[test.measured]
    windows = slices(nuisance, weight, bins)
    members = members_of(windows, nuisance)
    middle = np.array([np.mean(nuisance[rows]) for rows in members])
    width = np.array([(m - w.start, w.stop - m) for m, w in zip(middle, windows, strict=True)]).T
    for network, score in scores.items():
        passed = score[test.measured] >= test.cut(score)
        points = np.array([efficiency(passed[rows], weight[rows]) for rows in members])
        face = "white" if network == "plain" else COLOUR[network]
        marks = {"fmt": "o", "ms": 7, "color": COLOUR[network], "mfc": face, "lw": 0, "elinewidth": 1.6}
        axes.errorbar(middle, points[:, 0], points[:, 1], xerr=width, label=network, **marks)
        axes.plot(middle, points[:, 0], LINE[network], color=COLOUR[network], lw=1.4, zorder=1)
    axes.set_ylim(0, None)
    clear_above(axes, 0.22)
    axes.set_xlabel(names.axis)
    text = f"{names.measured} efficiency at {100 * test.efficiency:.3g}% {names.signal} efficiency"
    axes.set_ylabel(text, fontsize="small" if len(text) > 40 else None)
    axes.legend(loc="upper left", ncols=2)
    stamp(axes)


def _slice_shapes(
    axes: Axes, score: np.ndarray, weight: np.ndarray, members: list[np.ndarray], texts: list[str]
) -> None:
    from matplotlib import colormaps

    edges = score_edges(score, 25)
    colours = colormaps["plasma"](np.linspace(0.05, 0.85, len(members)))
    for text, rows, colour in zip(texts, members, colours, strict=True):
        sums, _ = histogram(score[rows], weight[rows], edges)
        steps(axes, edges, sums / sums.sum(), color=colour, lw=1.8, label=text)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, None)
