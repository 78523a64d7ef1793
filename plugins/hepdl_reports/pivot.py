"""PivotReport: how much a score knows of a nuisance, beside the plain network, and what its independence costs."""

from __future__ import annotations

import numpy as np
from pydantic import PrivateAttr

from hepdl.algorithm import Report
from hepdl.columns import Columns, ColumnType
from hepdl.description import Expression, Input, Inputs, parameter
from hepdl.events import Events
from hepdl.sources import PARTS
from hepdl_reports.classes import class_name, flat, members, need_scores, part_of
from hepdl_reports.exam import Exam
from hepdl_reports.gain import Gain, measure_gain
from hepdl_reports.pivot_pictures import Names
from hepdl_reports.pivot_text import Findings, write_lines
from hepdl_reports.verdict import judge
from hepdl_reports.windows import Window, low_and_high

STRENGTH = "_strength_"


class PivotReport(Report):
    """Compares a pivotal score with a plain one on the test part (Louppe, Kagan and Cranmer, arXiv:1611.01046).

    The dependence is measured in the background, or where ``only`` is true. KS is the Kolmogorov-Smirnov distance
    and JSD the Jensen-Shannon divergence (bits) of the score between low and high nuisance, MI the mutual
    information of score and nuisance (nats). All sums are weighted. The statistical floor is what the same numbers
    are when the nuisance is shuffled among the events.
    """

    score: Input
    """Score of the pivot; larger means more like signal."""
    plain: Input
    """Score of the same network trained without adversary."""
    nuisance: Input
    """The nuisance the score should not depend on."""
    target: Input = "label"
    """Column with the true class."""
    background: float = 0.0
    """Value of ``target`` for background."""
    signal: float = 1.0
    """Value of ``target`` for signal."""
    only: Expression = ""
    """Events in which the dependence is measured; background when empty."""
    low: float | list[float] | None = None
    """Upper end of low nuisance, or a window [from, to]; the lowest sixth of the range when not given."""
    high: float | list[float] | None = None
    """Lower end of high nuisance, or a window [from, to]; the highest sixth of the range when not given."""
    efficiency: float = parameter(0.5, gt=0, lt=1)
    """Signal efficiency of the working point."""
    scan: Inputs = []
    """Scores of more strengths for the trade-off; columns called <score>_strength_<value> are found by themselves."""
    bins: int = parameter(12, ge=2)
    """Bins of a continuous nuisance."""
    copies: int = parameter(300, ge=50)
    """Bootstrap copies for the interval of the significance."""
    _lines: list[str] = PrivateAttr(default_factory=list)

    def reads(self) -> list[str]:
        """The columns it names and, once the run knows the chain, those of the strength scan."""
        known = [] if self._job is None else self.job.columns
        found = [name for name in known if name.startswith(self.score + STRENGTH)]
        return list(dict.fromkeys([*super().reads(), *found]))

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; scores and nuisance must be one number an event."""
        need_scores(columns, [self.score, self.plain, self.nuisance, self.target, *self.scan], self.label)
        return {}

    def summary(self) -> list[str]:
        """The table and the verdict in words."""
        return self._lines

    def draw(self, events: Events) -> None:
        """Pictures, table and numbers."""
        random = np.random.default_rng(self.job.seed_of("report"))
        test = part_of(events, PARTS.index("test"), self.label)
        windows = self._windows(test)
        findings = self._find(events, test, windows, random)
        self._say(findings)
        self._draw(findings)

    def _find(
        self, events: Events, test: Events, windows: tuple[Window, Window], random: np.random.Generator
    ) -> Findings:
        exam = self._exam(test, windows)
        scores = {name: flat(test, column, self.label) for name, column in self._networks().items()}
        cards = {name: exam.power(score) | exam.dependence(score, random) for name, score in scores.items()}
        floor = exam.floor(scores["pivot"], random)
        gain = self._gain(events, exam, scores, windows, random)
        verdict = judge(cards["plain"], cards["pivot"], floor, self.nuisance)
        return Findings(exam, self._names(test, exam), scores, cards, floor, gain, verdict)

    def _networks(self) -> dict[str, str]:
        """Name in pictures and table → column: plain, pivot, then the strengths in order."""
        strengths = {_strength_text(column): column for column in self.reads() if STRENGTH in column}
        others = {column: column for column in self.scan if STRENGTH not in column}
        ordered = sorted(strengths.items(), key=lambda item: _strength(item[0]))
        return {"plain": self.plain, "pivot": self.score, **dict(ordered), **others}

    def _windows(self, test: Events) -> tuple[Window, Window]:
        values = flat(test.where(self._measured(test)), self.nuisance, self.label)
        return low_and_high(values, self.low, self.high, self.nuisance, self.label)

    def _measured(self, events: Events) -> np.ndarray:
        if self.only:
            return np.asarray(events[self.only], bool)
        return members(events, self.target, self.background, "background", self.label)

    def _exam(self, events: Events, windows: tuple[Window, Window]) -> Exam:
        signal = members(events, self.target, self.signal, "signal", self.label)
        background = members(events, self.target, self.background, "background", self.label)
        measured, weight = self._measured(events), flat(events, "weight", self.label)
        flat(events.where(measured), self.nuisance, self.label)
        nuisance = np.asarray(events[self.nuisance], np.float64).reshape(len(events))
        return Exam(weight, nuisance, signal, background, measured, *windows, self.efficiency)

    def _gain(
        self, events: Events, test: Exam, scores: dict[str, np.ndarray], windows: tuple[Window, Window],
        random: np.random.Generator,
    ) -> Gain | None:  # fmt: skip
        validation = events.where(events["part"] == PARTS.index("validation"))
        if len(validation) == 0:
            self.job.log.warning("no validation events: no threshold for the AMS can be chosen, it is left out")
            return None
        exam = self._exam(validation, windows)
        pairs = [
            (flat(validation, column, self.label), scores[name])
            for name, column in (("plain", self.plain), ("pivot", self.score))
        ]
        return measure_gain(exam, test, pairs, self.copies, random)

    def _names(self, test: Events, exam: Exam) -> Names:
        kind = self.job.columns.get(self.nuisance)
        background = class_name(test, exam.background, self.job.sources, "background")
        signal = class_name(test, exam.signal, self.job.sources, "signal")
        classes = {background: exam.background, signal: exam.signal}
        same = [name for name, mask in classes.items() if np.array_equal(mask, exam.measured)]
        measured = same[0] if same else f"'{self.only}'"
        return Names(self.nuisance, kind.unit if kind else "", signal, measured)

    def _say(self, findings: Findings) -> None:
        alarms = [f"ALARM: {alarm}." for alarm in findings.verdict.alarms]
        self._lines += [
            *write_lines(findings, f"{self.label}: '{self.score}' (pivot), '{self.plain}' (plain)"),
            *alarms,
        ]
        for alarm in alarms:
            self.job.log.warning(alarm)
        self.job.numbers(self.label, findings.numbers())

    def _draw(self, findings: Findings) -> None:
        from hepdl_reports import pivot_pictures as pictures
        from hepdl_reports.style import style

        names = findings.names
        pair = {name: findings.scores[name] for name in pictures.NETWORKS}
        with style():
            self.job.picture(
                f"{self.label}_dependence", pictures.draw_dependence(findings.test, pair, names, self.bins)
            )
            tradeoff = pictures.draw_tradeoff(list(findings.cards.items()), findings.floor["ks"], names)
            self.job.picture(f"{self.label}_tradeoff", tradeoff)
            self.job.picture(f"{self.label}_slices", pictures.draw_slices(findings.test, pair, names))
            if findings.gain is not None:
                self.job.picture(f"{self.label}_significance", pictures.draw_significance(findings.gain))


def _strength_text(column: str) -> str:
    """``0.5`` from ``score_strength_0p5``."""
    return column.rsplit(STRENGTH, maxsplit=1)[-1].replace("p", ".").replace("em", "e-")


def _strength(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text
