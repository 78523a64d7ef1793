"""SculptingReport: does a cut on a score shape the background in a variable that it must leave alone?"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import PrivateAttr, field_validator

from hepdl.algorithm import Report
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, Inputs, parameter
from hepdl.events import Events
from hepdl.sources import PARTS
from hepdl_reports.classes import class_name, flat, members, need_scores, part_of
from hepdl_reports.numbers import plain_numbers
from hepdl_reports.table import number, render


class SculptingReport(Report):
    """Background rejection against the Jensen-Shannon divergence of the background's ``variable`` between events that
    pass and fail a cut on each score, at fixed signal efficiencies (ATL-PHYS-PUB-2018-014), on the test part.

    JSD is in bits (base 2), of histograms in ``bins`` equal bins over ``window``. The statistical limit is the JSD when
    as many random events pass: its median and 68 % interval over ``copies`` draws. Beside it the distance correlation
    of score and variable in the background (of 3,000 random events at most, those with a weight above 0), and their
    mutual information (nats, corrected for finite statistics).
    """

    scores: Inputs = parameter(min_length=1)
    """Scores to compare; larger means more like signal. The first is the one in question."""
    variable: Input
    """What the cut must not shape, a mass for example."""
    window: list[float] = parameter(min_length=2, max_length=2)
    """Range of the variable, in its unit; events outside do not count."""
    bins: int = parameter(50, ge=2)
    """Equal bins in the window."""
    target: Input = "label"
    """Column with the true class."""
    background: float = 0.0
    """Value of ``target`` for background."""
    signal: float = 1.0
    """Value of ``target`` for signal."""
    efficiencies: list[float] = parameter([0.5], min_length=1)
    """Signal efficiencies of the cuts; the pictures show the first."""
    copies: int = parameter(100, ge=20)
    """Draws for the statistical limit."""
    _lines: list[str] = PrivateAttr(default_factory=list)
    _outside: int = PrivateAttr(0)

    @field_validator("window")
    @classmethod
    def _rising(cls, window: list[float]) -> list[float]:
        if not window[0] < window[1]:
            raise ValueError(f"the window must rise, from low to high, but is {window}")
        return window

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; scores and variable must be one number an event."""
        need_scores(columns, [*self.scores, self.variable, self.target], self.label)
        return {}

    def summary(self) -> list[str]:
        """The table."""
        return self._lines

    def draw(self, events: Events) -> None:
        """Pictures, table and numbers."""
        from hepdl_reports.sculpting_pictures import draw_front, draw_spectra
        from hepdl_reports.style import axis_title, style

        test = part_of(events, PARTS.index("test"), self.label)
        sample = self._sample(test)
        random = np.random.default_rng(self.job.seed_of("limit"))
        found = {name: [sample.judge(name, at, random) for at in self.efficiencies] for name in self.scores}
        self._lines = self._table(found)
        names = self._names(test)
        self.job.numbers(self.label, plain_numbers(self._numbers(found)))
        title = axis_title(self.variable, self.job.columns[self.variable].unit)
        with style():
            self.job.picture(f"{self.label}_spectra", draw_spectra(sample, found, title, names[0]))
            self.job.picture(f"{self.label}_front", draw_front(found, names, self.efficiencies))

    def _sample(self, test: Events) -> Any:
        from hepdl_reports.sculpted import Sample

        variable = flat(test, self.variable, self.label)
        inside = (variable >= self.window[0]) & (variable < self.window[1])
        self._outside = int(len(test) - inside.sum())
        test = test.where(inside)
        masks = [members(test, self.target, getattr(self, k), k, self.label) for k in ("signal", "background")]
        scores = {name: flat(test, name, self.label) for name in self.scores}
        edges = np.linspace(*self.window, self.bins + 1)
        return Sample(variable[inside], flat(test, "weight", self.label), *masks, scores, edges, self.copies)

    def _names(self, test: Events) -> tuple[str, str]:
        labels = np.asarray(test[self.target]).reshape(len(test))
        background = class_name(test, labels == self.background, self.job.sources, "background")
        return background, class_name(test, labels == self.signal, self.job.sources, "signal")

    def _table(self, found: dict[str, list[Any]]) -> list[str]:
        rows = [(name, _cells(cuts)) for name, cuts in found.items()]
        first = next(iter(found.values()))
        limits = tuple(text for cut in first for text in ("", number(1 / cut.limit[1])))
        rows.append((f"statistical limit for {self.scores[0]}", limits))
        head = tuple(text for at in self.efficiencies for text in (f"R{100 * at:g}", "1/JSD"))
        title = f"{self.label}: {self.variable} of the background, JSD in bits"
        title += f"; {self._outside} test events outside the window" if self._outside else ""
        return render([title], (*head, "dCor", "MI [nat]"), rows)

    def _numbers(self, found: dict[str, list[Any]]) -> dict[str, Any]:
        scores = {name: [cut.numbers() for cut in cuts] for name, cuts in found.items()}
        return {"part": "test", "variable": self.variable, "outside_window": self._outside, "jsd_base": 2,
                "scores": scores}  # fmt: skip


def _cells(cuts: list[Any]) -> tuple[str, ...]:
    power = [text for cut in cuts for text in (number(cut.rejection), number(1 / cut.jsd))]
    return (*power, number(cuts[0].distance_correlation), number(cuts[0].information))
