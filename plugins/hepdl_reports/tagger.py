"""TaggerReport: how well a score tells signal from background."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import PrivateAttr

from hepdl.algorithm import Report
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, Inputs, parameter
from hepdl.events import Events
from hepdl.sources import PARTS
from hepdl_reports.classes import class_name, flat, members, need_scores, part_of
from hepdl_reports.numbers import plain_numbers
from hepdl_reports.table import number
from hepdl_reports.weighted import effective_number

NOTICEABLE = 0.001
"""A ROC that runs backwards by more than this is worth a warning."""


class TaggerReport(Report):
    """ROC, scores in training and test, loss curves and confusion of a binary tagger; everything weighted.

    Numbers are of the test part. Rejections are 1/ε_B with √Σw² errors of the background. Training and test are
    compared by the Kolmogorov-Smirnov distance and its probability with n_eff events.
    """

    score: Input
    """Score of the tagger; larger means more like signal."""
    target: Input = "label"
    """Column with the true class."""
    background: float = 0.0
    """Value of ``target`` for background."""
    signal: float = 1.0
    """Value of ``target`` for signal."""
    compare: Inputs = []
    """More scores for the same ROC."""
    efficiencies: list[float] = parameter([0.3, 0.5, 0.7], min_length=1)
    """Signal efficiencies at which the background rejection is given."""
    threshold: float = 0.5
    """Score from which on the confusion matrix takes an event as signal."""
    _lines: list[str] = PrivateAttr(default_factory=list)

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; scores must be one number an event."""
        need_scores(columns, [self.score, self.target, *self.compare], self.label)
        return {}

    def summary(self) -> list[str]:
        """Area and rejections of each score."""
        return self._lines

    def draw(self, events: Events) -> None:
        """Pictures and numbers."""
        test = part_of(events, PARTS.index("test"), self.label)
        train = events.where(events["part"] == PARTS.index("train"))
        tagged = {name: self._tagged(test, name) for name in [self.score, *self.compare]}
        trained = self._tagged(train, self.score) if len(train) else None
        names = self._class_names(test)
        values = {name: self._judge(name, one) for name, one in tagged.items()}
        self.job.numbers(self.label, plain_numbers(self._numbers(values, trained, tagged[self.score], names)))
        self._draw(tagged, trained, names)

    def _tagged(self, events: Events, score: str) -> Any:
        from hepdl_reports.tagger_pictures import Tagged

        signal = members(events, self.target, self.signal, "signal", self.label)
        labelled = signal | members(events, self.target, self.background, "background", self.label)
        columns = flat(events, score, self.label), flat(events, "weight", self.label), signal
        return Tagged(*(column[labelled] for column in columns))

    def _class_names(self, test: Events) -> tuple[str, str]:
        labels = np.asarray(test[self.target]).reshape(len(test))
        background = class_name(test, labels == self.background, self.job.sources, "background")
        return background, class_name(test, labels == self.signal, self.job.sources, "signal")

    def _judge(self, name: str, tagged: Any) -> dict[str, Any]:
        curve, rejections = tagged.roc(), tagged.rejections(self.efficiencies)
        if curve.backward > NOTICEABLE:
            self.job.log.warning(
                f"the ROC of '{name}' is not monotone: because of negative weights an efficiency falls by up to "
                f"{100 * curve.backward:.2g} % while the cut is loosened; rejections there are not reliable"
            )
        shown = ", ".join(
            f"{number(one.value, one.error)} at {100 * one.signal_efficiency:.3g} %" for one in rejections
        )
        self._lines.append(
            f"{self.label}: '{name}' AUC {curve.area:.4f}, background rejection {shown} signal efficiency"
        )
        return {"auc": curve.area, "backward": curve.backward, "rejections": [one.numbers() for one in rejections]}

    def _numbers(self, values: dict[str, Any], train: Any, test: Any, names: tuple[str, str]) -> dict[str, Any]:
        from hepdl_reports.tagger_pictures import compare

        confusion = test.confusion(self.threshold)
        classes = {}
        for signal, name in enumerate(names):
            weight = test.of(bool(signal))[1]
            one = {"name": name, "events": len(weight), "n_eff": effective_number(weight)}
            if train is not None:
                one |= dict(zip(("ks", "p"), compare(train, test, bool(signal)), strict=True))
            one["below_above_threshold"] = confusion[signal]
            classes["signal" if signal else "background"] = one
        return {"part": "test", "scores": values, "threshold": self.threshold, "classes": classes}

    def _draw(self, tagged: dict[str, Any], train: Any, names: tuple[str, str]) -> None:
        from hepdl_reports import tagger_pictures as pictures
        from hepdl_reports.curves import picture_losses
        from hepdl_reports.style import style

        test = tagged[self.score]
        with style():
            self.job.picture(f"{self.label}_roc", pictures.draw_roc(tagged, self.efficiencies, names))
            self.job.picture(f"{self.label}_scores", pictures.draw_scores(train, test, names, self.score))
            self.job.picture(
                f"{self.label}_confusion", pictures.draw_confusion(test, self.threshold, names, self.score)
            )
            picture_losses(self.job, self.label)
