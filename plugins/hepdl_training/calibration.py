"""TemperatureScaling: probabilities made honest after the training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Input, Output
from hepdl.errors import NothingLeft
from hepdl.events import Column, Events
from hepdl.learning.weights import Weighting
from hepdl_training.losses import CrossEntropy

if TYPE_CHECKING:
    from torch import nn


class TemperatureScaling(Learner):
    """Divides the logits of a score by one number that is fitted on the validation part (Guo et al.,
    arXiv:1706.04599): the order of events stays, a probability of 0.7 is then right in 70 % of them.

    The score is the probability of class 1, or one for each class; what it adds is of the same form. The temperature is
    told in the log and in ``metrics.jsonl``: above 1, the network was too sure.
    """

    positional = ("score",)

    score: Input
    """Probabilities from a classifier."""
    target: Input = "label"
    """True class; events where it is NaN do not count."""
    weight: Input = "weight"
    """Event weight."""
    output: Output = "calibrated"
    """The calibrated probabilities."""

    def applied(self) -> list[str]:
        """The score."""
        return [self.score]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """A column like the score."""
        kind = columns.need_flat(self.score, self.label)
        columns.need_flat(self.target, self.label)
        return {self.output: ColumnType(shape=kind.shape)}

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`~hepdl_training.temperature.Temperature` of 1."""
        from hepdl_training.temperature import Temperature

        return Temperature()

    def execute(self, events: Events) -> dict[str, Column]:
        """The column ``output``."""
        return {self.output: self.module(events[self.score])}

    def fit(self, train: Rows, validate: Rows) -> None:
        """Minimise the cross entropy of the validation part; raises :class:`NothingLeft` when it is empty."""
        if not len(validate):
            raise NothingLeft(f"{self.label}: a temperature is fitted on the validation part, which is empty")
        weighting = Weighting(self.weight, target=self.target).fit(validate, self.job)
        events = validate.everything(list(dict.fromkeys([self.score, self.target, *weighting.names])))
        weight, score = weighting(events), events[self.score]
        loss = CrossEntropy(classes=score.shape[1] if score.dim() == 2 else 2)
        loss.check(events[self.target][weight != 0], self.target)
        before, after = self.module.fit(score, events[self.target].nan_to_num(), weight, loss)
        temperature = float(self.module.temperature)
        self.job.log.info(f"temperature {temperature:.4g}; validation cross entropy {before:.5g} → {after:.5g}")
        self.job.metric(phase="calibration", temperature=temperature, before=before, after=after)
