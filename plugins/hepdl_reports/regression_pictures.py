"""The pictures of a regression: response, prediction against truth, bias and resolution, pulls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hepdl_reports.response import Profile, Spread, coverage
from hepdl_reports.style import BLUE, COLOURS, axis_title, clear_above, figure, stamp, steps
from hepdl_reports.table import number
from hepdl_reports.weighted import histogram, quantiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = ("o", "s", "^", "v", "D")


def draw_response(
    responses: dict[str, np.ndarray], spreads: dict[str, Spread], weight: np.ndarray, ratio: bool, unit: str
) -> Figure:
    """Density of the response of each estimate, with bias and resolution in words."""
    picture = figure()
    axes = picture.add_subplot()
    everything = np.concatenate(list(responses.values()))
    low, high = quantiles(everything, np.tile(weight, len(responses)), np.array([0.005, 0.995]))
    edges = np.linspace(low, high if high > low else low + 1, 51)
    for i, (name, values) in enumerate(responses.items()):
        inside = (values >= edges[0]) & (values <= edges[-1])
        heights, _ = histogram(values[inside], weight[inside], edges)
        heights = heights / weight.sum() / (edges[1] - edges[0])
        steps(axes, edges, heights, color=COLOURS[i], label=_words(name, spreads[name], ratio, unit))
    axes.axvline(1 if ratio else 0, color="black", lw=1, ls=":")
    axes.set(xlim=(edges[0], edges[-1]), xlabel=_response_title(ratio, unit), ylabel="Density")
    axes.set_ylim(0, None)
    clear_above(axes, 0.16 + 0.09 * len(responses))
    axes.legend(loc="upper left", fontsize=13)
    stamp(axes)
    return picture


def draw_map(truth: np.ndarray, predicted: np.ndarray, weight: np.ndarray, titles: tuple[str, str]) -> Figure:
    """Prediction against truth: sum of weights in cells, each column scaled to its largest."""
    picture = figure()
    axes = picture.add_subplot()
    ranges = [quantiles(values, weight, np.array([0.005, 0.995])) for values in (truth, predicted)]
    edges = [np.linspace(low, high if high > low else low + 1, 41) for low, high in ranges]
    cells, *_ = np.histogram2d(truth, predicted, edges, weights=weight)
    columns = cells / np.maximum(cells.max(1, keepdims=True), 1e-30)
    mesh = axes.pcolormesh(*edges, np.clip(columns.T, 0, 1), cmap="Blues", vmin=0, vmax=1, rasterized=True)
    picture.colorbar(mesh, ax=axes, label="Events / largest in the column")
    ends = max(edges[0][0], edges[1][0]), min(edges[0][-1], edges[1][-1])
    axes.plot(ends, ends, color="black", lw=1.2, ls="--")
    axes.set(xlabel=titles[0], ylabel=titles[1])
    stamp(axes)
    return picture


def draw_profiles(profiles: dict[str, Profile], title: str, ratio: bool, unit: str) -> Figure:
    """Median response above, resolution below, in bins of a variable, with their errors."""
    picture = figure(figsize=(7.0, 7.4))
    upper, lower = picture.subplots(2, 1, sharex=True)
    for i, (name, one) in enumerate(profiles.items()):
        _points(upper, one, one.values("median"), i, name)
        _points(lower, one, one.values("width", relative=ratio), i, name)
    upper.axhline(1 if ratio else 0, color="black", lw=1, ls=":")
    upper.set_ylabel("Median ratio" if ratio else axis_title("Bias", unit))
    lower.set_ylabel("Resolution" if ratio else axis_title("Resolution", unit))
    lower.set_xlabel(title)
    lower.set_ylim(0, None)
    clear_above(upper, 0.12 + 0.08 * len(profiles))
    upper.legend(loc="upper left", fontsize=13)
    stamp(upper)
    return picture


def draw_pull(pull: np.ndarray, weight: np.ndarray) -> Figure:
    """Pulls beside a Gaussian of mean 0 and width 1."""
    picture = figure()
    axes = picture.add_subplot()
    edges = np.linspace(-5, 5, 51)
    heights, errors = histogram(pull, weight, edges)
    scale = weight.sum() * (edges[1] - edges[0])
    middle = (edges[1:] + edges[:-1]) / 2
    found = coverage(pull, weight)
    label = f"mean {found['mean']:.3f}, deviation {found['deviation']:.3f}\nwithin 1: {found['within_1']:.1%}"
    axes.errorbar(middle, heights / scale, errors / scale, fmt="o", ms=4.5, color=BLUE, label=label)
    axes.plot(middle, np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi), color="black", lw=1.5, label="unit Gaussian")
    axes.set(xlim=(-5, 5), xlabel="(truth − prediction) / width", ylabel="Density")
    axes.set_ylim(0, None)
    clear_above(axes, 0.25)
    axes.legend(loc="upper left", fontsize=13)
    stamp(axes)
    return picture


def _points(axes: Axes, one: Profile, values: np.ndarray, i: int, name: str) -> None:
    middle, half = (one.edges[1:] + one.edges[:-1]) / 2, np.diff(one.edges) / 2
    axes.errorbar(
        middle, values[:, 0], values[:, 1], half, fmt=MARKERS[i % len(MARKERS)], ms=5, color=COLOURS[i], label=name
    )


def _words(name: str, one: Spread, ratio: bool, unit: str) -> str:
    width = one.relative() if ratio else (one.width, one.width_error)
    bias = number(one.median - (1 if ratio else 0), one.median_error)
    end = f" {unit}" if unit and not ratio else ""
    return f"{name}: bias {bias}{end}\nresolution {number(*width)}{end}"


def _response_title(ratio: bool, unit: str) -> str:
    return "Prediction / truth" if ratio else axis_title("Prediction − truth", unit)
