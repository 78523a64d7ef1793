"""The pictures of a tagger: ROC, scores in training and test, confusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hepdl_reports.distance import kolmogorov_probability, kolmogorov_smirnov, score_edges
from hepdl_reports.roc import Rejection, Roc, rejection, roc
from hepdl_reports.style import BLUE, COLOURS, RED, clear_above, figure, log_axis, stamp
from hepdl_reports.weighted import effective_number, efficiency, histogram

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Tagged:
    """Labelled events ``[N]`` of one part with their score."""

    score: np.ndarray
    weight: np.ndarray
    is_signal: np.ndarray

    def of(self, signal: bool) -> tuple[np.ndarray, np.ndarray]:
        """Scores and weights of one class."""
        rows = self.is_signal == signal
        return self.score[rows], self.weight[rows]

    def roc(self) -> Roc:
        """The ROC curve."""
        return roc(self.score, self.weight, self.is_signal)

    def rejections(self, efficiencies: list[float]) -> list[Rejection]:
        """Background rejection at these signal efficiencies."""
        curve, background = self.roc(), self.of(False)
        return [rejection(curve.threshold_at(at), *background, at) for at in efficiencies]

    def confusion(self, threshold: float) -> list[list[tuple[float, float]]]:
        """``[true][taken as]`` for background and signal: fraction of the true class, and its error."""
        rows = []
        for true in (False, True):
            score, weight = self.of(true)
            passed, error = efficiency(score >= threshold, weight)
            rows.append([(1 - passed, error), (passed, error)])
        return rows


def compare(train: Tagged, test: Tagged, signal: bool) -> tuple[float, float]:
    """KS distance of one class between training and test, and its probability with n_eff events."""
    pair = train.of(signal), test.of(signal)
    distance = kolmogorov_smirnov(*pair)
    return distance, kolmogorov_probability(distance, *(effective_number(weight) for _, weight in pair))


def draw_roc(tagged: dict[str, Tagged], efficiencies: list[float], names: tuple[str, str]) -> Figure:
    """Background rejection against signal efficiency for each score, √Σw² bands, points at the fixed efficiencies.

    Where the error is above a half nothing is drawn.
    """
    picture = figure()
    axes = picture.add_subplot()
    log_axis(axes, "y")
    at = np.linspace(0.05, 1, 96)
    for i, (name, one) in enumerate(tagged.items()):
        points, marks = (_table(one, list(steps)) for steps in (at, efficiencies))
        points = np.where(points[:, 1:] < 0.5 * points[:, :1], points, np.nan)
        label = f"{name}: AUC {one.roc().area:.3f}"
        axes.plot(at, points[:, 0], color=COLOURS[i], ls=("-", "--", "-.", ":")[i % 4], label=label)
        axes.fill_between(
            at, points[:, 0] - points[:, 1], points[:, 0] + points[:, 1], color=COLOURS[i], alpha=0.25, lw=0
        )
        axes.errorbar(efficiencies, marks[:, 0], marks[:, 1], fmt="o", ms=7, color=COLOURS[i])
    axes.plot(at, 1 / at, color="black", lw=1, ls=":", label="random")
    axes.set(xlim=(0, 1), xlabel=f"{names[1]} efficiency", ylabel=f"{names[0]} rejection")
    axes.set_ylim(1, None)
    clear_above(axes, 0.05 * (len(tagged) + 1))
    axes.legend(loc="upper right")
    stamp(axes)
    return picture


def draw_scores(train: Tagged | None, test: Tagged, names: tuple[str, str], title: str) -> Figure:
    """Score of signal and background: training filled, test as points with √Σw² errors; KS and its probability."""
    picture = figure()
    axes = picture.add_subplot()
    edges = score_edges(test.score, 30)
    for signal, colour in ((True, BLUE), (False, RED)):
        name = names[signal]
        if train is not None:
            heights, _ = _density(train.of(signal), edges)
            axes.stairs(heights, edges, fill=True, color=colour, alpha=0.25)
            axes.stairs(heights, edges, color=colour, lw=1.5, label=f"{name}, training")
        heights, errors = _density(test.of(signal), edges)
        label = f"{name}, test" + (f": KS {_agreement(train, test, signal)}" if train is not None else "")
        middle = (edges[1:] + edges[:-1]) / 2
        axes.errorbar(middle, heights, errors, fmt="o", ms=4.5, elinewidth=1.5, color=colour, label=label)
    axes.set(xlim=(edges[0], edges[-1]), xlabel=title, ylabel="Density")
    axes.set_ylim(0, None)
    clear_above(axes, 0.3)
    axes.legend(loc="upper center")
    stamp(axes)
    return picture


def draw_confusion(test: Tagged, threshold: float, names: tuple[str, str], title: str) -> Figure:
    """Fractions of each true class on either side of the threshold."""
    picture = figure(figsize=(6.4, 5.6))
    axes = picture.add_subplot()
    table = np.array(test.confusion(threshold))
    axes.imshow(table[..., 0], cmap="Blues", vmin=0, vmax=1)
    for true in (0, 1):
        for taken in (0, 1):
            value, error = table[true, taken]
            text = f"{100 * value:.1f}%\n± {100 * error:.1f}%"
            axes.text(taken, true, text, ha="center", va="center", color="white" if value > 0.55 else "black")
    _name_ticks(axes, names)
    stamp(axes, right=f"{title} ≥ {threshold:.3g}")
    return picture


def _name_ticks(axes: Axes, names: tuple[str, str]) -> None:
    axes.set_xticks((0, 1), names)
    axes.set_yticks((0, 1), names, rotation=90, va="center")
    axes.tick_params(length=0, which="both")
    axes.minorticks_off()
    axes.set(xlabel="Taken as", ylabel="True")


def _table(tagged: Tagged, efficiencies: list[float]) -> np.ndarray:
    return np.array([(one.value, one.error) for one in tagged.rejections(efficiencies)])


def _density(sample: tuple[np.ndarray, np.ndarray], edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sums, errors = histogram(*sample, edges)
    area = sums.sum() * (edges[1] - edges[0])
    return sums / area, errors / area


def _agreement(train: Tagged, test: Tagged, signal: bool) -> str:
    distance, probability = compare(train, test, signal)
    return f"{distance:.3f}, p = {probability:.2g}"
