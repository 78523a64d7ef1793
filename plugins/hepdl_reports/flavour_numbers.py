"""What a flavour tagger does against a variable, and as the fractions of its discriminant change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hepdl_reports.many_classes import Labelled
from hepdl_reports.roc import Rejection, rejection, roc
from hepdl_reports.weighted import cells, efficiency, quantiles


@dataclass(frozen=True)
class AgainstVariable:
    """One cut, the same everywhere, in bins of a variable."""

    edges: np.ndarray
    efficiency: np.ndarray
    """``[bins, (value, error)]`` of the signal."""
    rejections: dict[str, np.ndarray]
    """The same of each other class: 1/ε and its error, not a number where nothing passes."""


@dataclass(frozen=True)
class Scan:
    """Rejections of all other classes as one fraction of the discriminant changes, at one signal efficiency."""

    fraction: list[float]
    rejections: dict[str, np.ndarray]
    """``[fractions, (value, error)]``."""


def against_variable(
    found: Labelled, score: np.ndarray, signal: int, at: float, variable: np.ndarray, bins: int
) -> AgainstVariable:
    """The cut that keeps the fraction ``at`` of all signal, in bins with about equal sums of weights of the signal."""
    rows = found.label == signal
    threshold = roc(score, found.weight, rows).threshold_at(at)
    edges = np.unique(quantiles(variable[rows], found.weight[rows], np.linspace(0, 1, bins + 1)))
    edges = edges if len(edges) > 1 else np.array([edges[0], edges[0] + 1])
    place = cells(variable, edges)
    inside = (variable >= edges[0]) & (variable <= edges[-1])

    def each(one: int) -> list[Rejection]:
        chosen = [(found.label == one) & inside & (place == i) for i in range(len(edges) - 1)]
        return [rejection(threshold, score[these], found.weight[these], at) for these in chosen]

    kept = [(found.label == signal) & (place == i) for i in range(len(edges) - 1)]
    passed = np.array([efficiency(score[these] >= threshold, found.weight[these]) for these in kept])
    others = [i for i in range(len(found.names)) if i != signal]
    return AgainstVariable(edges, passed, {found.names[i]: _table(each(i)) for i in others})


def scan_of(found: Labelled, scores: Mapping[float, np.ndarray], signal: int, first: int, at: float) -> Scan:
    """Rejections by each of the ``scores``; that of the class whose fraction changes comes ``first``."""
    others = [first, *(i for i in range(len(found.names)) if i not in (signal, first))]
    rejections = {
        found.names[i]: _table([found.rejections(score, signal, i, [at])[0] for score in scores.values()])
        for i in others
    }
    return Scan(list(scores), rejections)


def _table(each: list[Rejection]) -> np.ndarray:
    return np.array([(one.value, one.error) for one in each])
