"""ClassesReport: how well many classes are told apart."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import PrivateAttr, model_validator

from hepdl.algorithm import Report
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, parameter
from hepdl.errors import WiringError
from hepdl.events import Events
from hepdl.sources import PARTS
from hepdl_reports.classes import part_of
from hepdl_reports.many_classes import Labelled, examples, labelled
from hepdl_reports.numbers import plain_numbers
from hepdl_reports.table import number
from hepdl_reports.weighted import effective_number


class ClassesReport(Report):
    """Confusion of many classes, efficiency and purity of each, and its ROC against all others, in the test part;
    everything weighted, with √Σw² errors.

    Score and target are one row an event, or lists with one row a particle: origins of tracks, say; a particle has the
    weight of its event. An example is taken as the class with the largest probability.
    """

    score: Input
    """Probability of each class, or of the second of two."""
    target: Input = "label"
    """True class; what has another value than ``values`` does not count."""
    classes: list[str] = parameter(min_length=2)
    """Names of the classes, in the order of the probabilities."""
    values: list[float] = []
    """Values of ``target`` for them; 0, 1, 2, ... when empty."""
    _lines: list[str] = PrivateAttr(default_factory=list)

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        if self.values and len(self.values) != len(self.classes):
            raise ValueError(f"{len(self.values)} values for {len(self.classes)} classes; give one for each")
        return self

    @property
    def labels(self) -> list[float]:
        """Values of the target, one for each class."""
        return self.values or [float(i) for i in range(len(self.classes))]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; raises unless there is a probability for each class, of as many examples as the target has."""
        score, target = columns.need(self.score, self.label), columns.need(self.target, self.label)
        wanted = (1, 2) if len(self.classes) == 2 else (len(self.classes),)
        if score.width not in wanted or len(score.shape) > 1:
            raise WiringError(
                f"{self.label}: score '{self.score}' is {score}, but there are {len(self.classes)} classes"
            )
        if score.jagged != target.jagged:
            raise WiringError(
                f"{self.label}: score '{self.score}' is {score} and target '{self.target}' {target}; both must be of "
                "events or both of particles"
            )
        return {}

    def summary(self) -> list[str]:
        """The area of each class against the rest, efficiency and purity."""
        return self._lines

    def draw(self, events: Events) -> None:
        """Pictures and numbers."""
        test = part_of(events, PARTS.index("test"), self.label)
        found, event = labelled(test, self.score, self.target, self.classes, self.labels, self.label)
        others = examples(test[self.target]) - len(found.label)
        if others:
            self._lines.append(f"{self.label}: {others} test examples have a '{self.target}' of none of the classes")
        numbers = self._judge(found) | {"of_no_class": others} | self.judge_more(found, test, event)
        self.job.numbers(self.label, plain_numbers(numbers))
        self._draw(found)

    def judge_more(self, found: Labelled, events: Events, event: np.ndarray) -> dict[str, Any]:
        """What else a subclass measures and draws; ``event`` is the event of each example."""
        return {}

    def _judge(self, found: Labelled) -> dict[str, Any]:
        confusion, purity = found.confusion(), found.purity()
        classes = {}
        for i, name in enumerate(self.classes):
            area, weight = found.against_rest(i).area, found.weight[found.label == i]
            self._lines.append(
                f"{self.label}: {name} AUC against the rest {area:.4f}, efficiency {number(*confusion[i, i])}, "
                f"purity {number(*purity[i, i])}"
            )
            classes[name] = {
                "examples": len(weight), "n_eff": effective_number(weight), "auc": area,
                "efficiency": confusion[i, i], "purity": purity[i, i],
            }  # fmt: skip
        return {"part": "test", "classes": classes, "confusion": confusion, "purity": purity}

    def _draw(self, found: Labelled) -> None:
        from hepdl_reports import classes_pictures as pictures
        from hepdl_reports.curves import picture_losses
        from hepdl_reports.style import style

        with style():
            self.job.picture(f"{self.label}_confusion", pictures.draw_table(found.confusion(), found.names, "Taken as"))
            self.job.picture(f"{self.label}_purity", pictures.draw_table(found.purity(), found.names, "True"))
            self.job.picture(f"{self.label}_roc", pictures.draw_one_against_rest(found))
            picture_losses(self.job, self.label)
