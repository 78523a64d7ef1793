"""SequenceReport: how near the next particle of a list comes to what was said, and where a list was gone on with."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import PrivateAttr

from hepdl.algorithm import Report
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, parameter
from hepdl.errors import BadValues, NothingLeft, WiringError
from hepdl.events import Events, Jagged
from hepdl.sources import PARTS
from hepdl_reports.classes import part_of
from hepdl_reports.numbers import plain_numbers


class SequenceReport(Report):
    """Mean distance in the test part between the next particle and its prediction, at each place of the list, beside
    that of a straight line through the two particles before (constant velocity); the same for a continuation, and some
    lists with theirs as a picture. All means are weighted.
    """

    sequence: Input
    """The list of particles ``[n, F]``."""
    prediction: Input
    """For each particle the prediction of the next one."""
    continuation: Input = ""
    """What followed when the network ran free; empty for none."""
    seen: int = parameter(0, ge=0)
    """Particles from which it ran free, at least 2; 0 for all of a list, where there is no truth to compare with."""
    axes: list[int] = parameter([0, 1], min_length=2, max_length=2)
    """Which features of a particle are drawn."""
    lists: int = parameter(8, ge=0)
    """Lists that are drawn."""
    unit: str = ""
    """Unit of the features, for the axes."""
    _lines: list[str] = PrivateAttr(default_factory=list)

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; ``WiringError`` unless all are lists with the same features, at least those that are drawn."""
        kinds = {name: columns.need(name, self.label) for name in self.reads()}
        first = kinds[self.sequence]
        for name, kind in kinds.items():
            if not kind.jagged or kind.shape != first.shape or first.width <= max(self.axes):
                raise WiringError(
                    f"{self.label}: '{name}' is {kind}; a list is needed whose particles have the features of "
                    f"'{self.sequence}' ({first}), at least {max(self.axes) + 1} of them"
                )
        return {}

    def summary(self) -> list[str]:
        """Mean distances."""
        return self._lines

    def draw(self, events: Events) -> None:
        """Pictures and numbers; ``NothingLeft`` when no list of the test part has three particles."""
        test = part_of(events, PARTS.index("test"), self.label)
        true, weight = padded(test[self.sequence]), np.asarray(test["weight"], np.float64)
        if true.shape[1] < 3:
            raise NothingLeft(f"{self.label}: no list of '{self.sequence}' has three particles in the test part")
        if not np.array_equal(test[self.prediction].offsets, test[self.sequence].offsets):
            raise BadValues(f"{self.label}: the lists '{self.prediction}' and '{self.sequence}' have different lengths")
        said = padded(test[self.prediction], true.shape[1])
        found = {"next": compared(said[:, 1:-1], 2 * true[:, 1:-1] - true[:, :-2], true[:, 2:], weight)}
        if self.continuation and self.seen >= 2:
            found["continuation"] = self._free(test, true, weight)
        self._lines = [
            f"{self.label}: {name}: mean distance {each['mean']:.4g} {self.unit}".rstrip()
            + f", on a straight line {each['mean_straight']:.4g} {self.unit}".rstrip()
            for name, each in found.items()
        ]
        self.job.numbers(self.label, plain_numbers({"part": "test", "lists": len(test), "unit": self.unit} | found))
        self._draw(test, true, found)

    def _free(self, test: Events, true: np.ndarray, weight: np.ndarray) -> dict[str, Any]:
        """Distances of the continuation, at each of its steps."""
        said = padded(test[self.continuation])
        steps = min(said.shape[1], true.shape[1] - self.seen)
        last, before = true[:, self.seen - 1 : self.seen], true[:, self.seen - 2 : self.seen - 1]
        straight = last + np.arange(1, steps + 1)[None, :, None] * (last - before)
        return compared(said[:, :steps], straight, true[:, self.seen : self.seen + steps], weight)

    def _draw(self, test: Events, true: np.ndarray, found: dict[str, Any]) -> None:
        from hepdl_reports.curves import picture_losses
        from hepdl_reports.sequence_pictures import draw_distances, draw_lists
        from hepdl_reports.style import style

        names = test[self.sequence].values.shape[1:] and (self.job.columns[self.sequence].members or ())
        titles = [names[axis] if len(names) > axis else f"feature {axis}" for axis in self.axes]
        with style():
            for name, each in found.items():
                self.job.picture(f"{self.label}_{name}", draw_distances(each, name, self.unit))
            if self.continuation and self.lists:
                free = padded(test[self.continuation])
                shown = [each[: self.lists][:, :, self.axes] for each in (true, free)]
                self.job.picture(f"{self.label}_lists", draw_lists(*shown, self.seen, titles, self.unit))
            picture_losses(self.job, self.label)


def padded(lists: Jagged, most: int | None = None) -> np.ndarray:
    """``[N, P, F]``, NaN behind the end of a list."""
    lengths = lists.lengths
    most = int(lengths.max(initial=0)) if most is None else most
    values = lists.values if lists.values.ndim > 1 else lists.values[:, None]
    block = np.full((len(lists), most, values.shape[1]), np.nan)
    block[np.arange(most) < lengths[:, None]] = values
    return block


def compared(said: np.ndarray, straight: np.ndarray, true: np.ndarray, weight: np.ndarray) -> dict[str, Any]:
    """Weighted mean distances of what was said and of the straight line, at each place and over all."""
    there = np.isfinite(true).all(2)
    shares = np.where(there, weight[:, None], 0.0)
    result: dict[str, Any] = {"lists": there.sum(0)}
    for ending, block in (("", said), ("_straight", straight)):
        distance = np.where(there, np.linalg.norm(block - true, axis=2), 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            result[f"distance{ending}"] = (shares * distance).sum(0) / shares.sum(0)
            result[f"mean{ending}"] = float((shares * distance).sum() / shares.sum())
    return result
