"""FlavourReport: b tagging and its like, by a discriminant of class probabilities."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import PrivateAttr, model_validator

from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, parameter
from hepdl.errors import listed
from hepdl.events import Events
from hepdl_reports.classes import flat, need_scores
from hepdl_reports.classes_report import ClassesReport
from hepdl_reports.flavour_numbers import AgainstVariable, Scan, against_variable, scan_of
from hepdl_reports.many_classes import Labelled
from hepdl_reports.style import axis_title
from hepdl_reports.table import number


class FlavourReport(ClassesReport):
    """What flavour tagging looks at, in the test part, weighted: the discriminant
    D_b = ln(p_b / (f_c p_c + f_τ p_τ + (1 − f_c − f_τ) p_light)) of each flavour, rejections of all other flavours
    against b efficiency and, at one efficiency, against pT, what f_c trades, and working points; with √Σw² errors.

    It has all of :class:`ClassesReport` too. For c tagging set ``signal="c"`` and ``fractions={"b": ..., "tau": ...}``.
    """

    classes: list[str] = parameter(["light", "c", "b"], min_length=2)
    """Names of the flavours, in the order of the probabilities."""
    signal: str = "b"
    """The flavour that is tagged."""
    fractions: dict[str, float] = {"c": 0.2}
    """Share of other flavours in the denominator of the discriminant, as f_c; the first flavour that is not named gets
    what is left to 1."""
    efficiencies: list[float] = parameter([0.6, 0.7, 0.77, 0.85], min_length=1)
    """Signal efficiencies of the working points."""
    against: Input = ""
    """Column, such as ``jet_pt``, against which efficiency and rejections are drawn; none when empty."""
    at: float = parameter(0.77, gt=0, lt=1)
    """Signal efficiency, over all jets, of the cut that is looked at against that column and in the scan."""
    bins: int = parameter(8, ge=1)
    """Bins of that column, of about equal sums of weights."""
    _scan: Any = PrivateAttr(None)

    @model_validator(mode="after")
    def _check_fractions(self) -> Self:
        others = [name for name in self.classes if name != self.signal]
        if len(others) == len(self.classes):
            raise ValueError(f"signal '{self.signal}' is none of the classes {listed(self.classes)}")
        strange = [name for name in self.fractions if name not in others]
        if strange:
            raise ValueError(f"fractions: '{strange[0]}' is none of the other flavours {listed(others)}")
        total = sum(self.fractions.values())
        if (
            min(self.fractions.values(), default=0) < 0
            or total > 1
            or (total < 1 and len(self.fractions) == len(others))
        ):
            raise ValueError(
                f"fractions must not be negative and sum to 1 with what is left, they are {self.fractions}"
            )
        return self

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; one jet is one event here."""
        columns.need_flat(self.score, self.label)
        if self.against:
            need_scores(columns, [self.against], self.label)
        return super().declare(columns)

    def judge_more(self, found: Labelled, events: Events, event: np.ndarray) -> dict[str, Any]:
        """Discriminant, working points, scan, and what they do against a variable."""
        signal, weights = self.classes.index(self.signal), self.shares(self.fractions)
        score = found.discriminant(signal, weights)
        points = {
            name: found.rejections(score, signal, i, self.efficiencies)
            for i, name in enumerate(self.classes)
            if i != signal
        }
        self._tell(points)
        scan = self._scanned(found, signal)
        binned = None
        if self.against:
            variable = flat(events, self.against, self.label)[event]
            binned = against_variable(found, score, signal, self.at, variable, self.bins)
        self._draw_more(found, score, scan, binned)
        return {
            "discriminant": {self.classes[i]: share for i, share in weights.items()},
            "working_points": {name: [one.numbers() for one in each] for name, each in points.items()},
            "scan": None if scan is None else vars(scan),
            "against": None if binned is None else {self.against: vars(binned)},
        }

    def shares(self, fractions: dict[str, float]) -> dict[int, float]:
        """Place of each other flavour → its share in the denominator."""
        given = {self.classes.index(name): share for name, share in fractions.items()}
        rest = [i for i, name in enumerate(self.classes) if name != self.signal and i not in given]
        return given | dict.fromkeys(rest, 0.0) | ({rest[0]: 1 - sum(given.values())} if rest else {})

    def _scanned(self, found: Labelled, signal: int) -> Scan | None:
        """The first of the fractions from 0 to what is left; None where there is nothing to trade."""
        if not self.fractions or len(self.shares(self.fractions)) < 2:
            return None
        name, *others = self.fractions
        most = 1 - sum(self.fractions[other] for other in others)
        scores = {
            share: found.discriminant(signal, self.shares(self.fractions | {name: share}))
            for share in np.linspace(0, most, 21).tolist()
        }
        return scan_of(found, scores, signal, self.classes.index(name), self.at)

    def _tell(self, points: dict[str, list[Any]]) -> None:
        for i, at in enumerate(self.efficiencies):
            shown = ", ".join(f"{name} {number(each[i].value, each[i].error)}" for name, each in points.items())
            self._lines.append(f"{self.label}: rejection at {100 * at:.3g} % {self.signal} efficiency: {shown}")

    def _draw_more(self, found: Labelled, score: np.ndarray, scan: Scan | None, binned: AgainstVariable | None) -> None:
        from hepdl_reports import flavour_pictures as pictures
        from hepdl_reports.style import style

        signal = self.classes.index(self.signal)
        with style():
            self.job.picture(
                f"{self.label}_discriminant", pictures.draw_discriminant(found, score, self.signal, self.efficiencies)
            )
            self.job.picture(
                f"{self.label}_rejections", pictures.draw_rejections(found, score, signal, self.efficiencies)
            )
            if scan is not None:
                names = self.signal, next(iter(self.fractions))
                self.job.picture(
                    f"{self.label}_scan",
                    pictures.draw_scan(scan, names, self.fractions[names[1]], self.at, self.classes),
                )
            if binned is not None:
                title = axis_title(self.against, self.job.columns.get(self.against, ColumnType()).unit)
                self.job.picture(
                    f"{self.label}_against_{self.against}",
                    pictures.draw_against(binned, self.signal, title, self.at, self.classes),
                )
