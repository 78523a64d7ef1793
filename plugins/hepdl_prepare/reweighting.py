"""Reweighting: what the steps that make a new event weight have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Input, Inputs, Output, parameter
from hepdl.errors import BadValues, WiringError
from hepdl.events import Column, Events
from hepdl.learning.weights import NegativeWeights, apply_policy

if TYPE_CHECKING:
    from torch import nn

    from hepdl_prepare.bins import BinFactors


class Reweighting(Learner):
    """A new event weight: the old one times a factor for the class and the bin of an event, learned from the training
    part. The log and the ledger say what it leaves of the statistical power: effective events (Σw)² / Σw².
    """

    columns: Inputs = []
    """Columns whose distribution is changed, one number an event each."""
    per: Input = "label"
    """Column with the class of an event."""
    values: list[float] = parameter([0.0, 1.0], min_length=1)
    """The classes; an event of none of them keeps its weight if that column is not a number, else it is an error."""
    weight: Input = "weight"
    """The weight that is changed."""
    negative_weights: NegativeWeights = "keep"
    """What becomes of negative weights: they stay, count by their absolute value, or become 0."""
    output: Output
    """Column with the new weight, to be named as ``weight`` of a step that learns."""

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The new weight, float32; raises ``WiringError`` for columns of several numbers."""
        for name in self.reads():
            if columns.need_flat(name, self.label).shape:
                raise WiringError(f"{self.label}: column '{name}' is {columns[name]}; one number an event is needed")
        return {self.output: ColumnType("float32")}

    def bins_of(self) -> list[int]:
        """Number of bins of each column."""
        return []

    def learn(self, rows: Rows, histogram: np.ndarray) -> np.ndarray:
        """Factors ``[classes, bins]`` from the sums of weights ``[classes, bins]`` of the training part."""
        raise NotImplementedError

    def place_bins(self, rows: Rows) -> None:
        """Set the edges of ``self.module`` before the events are counted."""

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`hepdl_prepare.bins.BinFactors` with factors 1."""
        from hepdl_prepare.bins import BinFactors

        return BinFactors(self.values, self.bins_of())

    def fit(self, train: Rows, validate: Rows) -> None:
        """The factors. Raises ``BadValues`` for unknown classes and sums of weights that are not positive."""
        import torch

        self._refuse_unknown(train)
        self.place_bins(train)
        histogram = self._histogram(train)
        factors = self.learn(train, histogram)
        self.module.factors.copy_(torch.from_numpy(factors.reshape(len(self.values), -1)))
        self._tell(train)

    def execute(self, events: Events) -> dict[str, Column]:
        """The new weight."""
        return {self.output: (self._weight(events) * self._factors(events)).float()}

    def _weight(self, events: Events) -> Column:
        return apply_policy(events[self.weight].double(), self.negative_weights)

    def _factors(self, events: Events) -> Column:
        module: BinFactors = self.module
        factors: Column = module(events[self.per], *(events[name] for name in self.columns))
        return factors

    def _refuse_unknown(self, train: Rows) -> None:
        found = train.everything([self.per])[self.per].double().unique().cpu().numpy()
        unknown = sorted(set(found[~np.isnan(found)].tolist()) - set(self.values))
        if unknown:
            raise BadValues(
                f"{self.label}: column '{self.per}' holds '{unknown[0]:g}', but the classes are values={self.values}"
            )

    def _histogram(self, train: Rows) -> np.ndarray:
        """Sum of weights of each class and bin; each class must have a positive one, and each bin that is filled."""
        events = train.everything(self.reads())
        columns = [events[name] for name in self.columns]
        sums, counts = self.module.histograms(events[self.per], columns, self._weight(events))
        histogram, filled = sums.cpu().numpy(), counts.cpu().numpy() > 0
        for number, value in enumerate(self.values):
            self._need_positive(f"{self.per} {value:g}", float(histogram[number].sum()))
            for cell in np.flatnonzero(filled[number] & (histogram[number] <= 0)):
                place = f"{self.per} {value:g} in {self.module.place(int(cell), self.columns)}"
                self._need_positive(place, float(histogram[number, cell]))
        return histogram  # type: ignore[no-any-return]

    def _need_positive(self, place: str, total: float) -> None:
        if not total > 0:
            raise BadValues(
                f"{self.label}: the weights '{self.weight}' of the training events of {place} add up to {total:g}, not "
                f"to a positive number; take fewer or wider bins, or another policy than negative_weights="
                f"'{self.negative_weights}'"
            )

    def _tell(self, train: Rows) -> None:
        events = train.everything(self.reads())
        label = events[self.per]
        old = self._weight(events)
        new = old * self._factors(events)
        for value in self.values:
            of = label == value
            text = f"{self.per} {value:g}: {int(of.sum())} training events, effective {_effective(old, of):.0f} → "
            self.note(f"{text}{_effective(new, of):.0f} by the new weight '{self.output}'")

    def note(self, text: str) -> None:
        """Say it in the log and the ledger."""
        self.job.log.info(text)
        if self.job.ledger is not None:
            self.job.ledger.note(f"{self.label}: {text}")


def _effective(weight: Column, of: Column) -> float:
    from hepdl.learning.weights import effective_size

    return float(effective_size(weight * of).nan_to_num())


def preserving(factors: np.ndarray, histogram: np.ndarray) -> np.ndarray:
    """Factors ``[bins]`` scaled so that the sum of a histogram ``[bins]`` stays what it is."""
    return factors * histogram.sum() / (factors * histogram).sum()
