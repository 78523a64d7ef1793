"""Labelled examples with a probability for each class: confusion, one class against the rest, discriminants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hepdl.errors import BadValues, listed
from hepdl.events import Column, Events, Jagged
from hepdl_reports.roc import Rejection, Roc, rejection, roc
from hepdl_reports.weighted import efficiency

TINY = 1e-12
"""Probabilities below this are all the same to a discriminant."""


@dataclass(frozen=True)
class Labelled:
    """Examples ``[M]`` (events, or the particles of all events) with probabilities ``[M, C]``."""

    probability: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    names: tuple[str, ...]

    @property
    def taken(self) -> np.ndarray:
        """The class with the largest probability ``[M]``."""
        return self.probability.argmax(1)

    def against_rest(self, one: int) -> Roc:
        """ROC of the probability of one class, all others as background."""
        return roc(self.probability[:, one], self.weight, self.label == one)

    def confusion(self) -> np.ndarray:
        """``[true, taken as, (fraction of the true class, error)]``: the efficiency on the diagonal."""
        return np.array([self._shares(self.label == true, self.taken) for true in range(len(self.names))])

    def purity(self) -> np.ndarray:
        """``[taken as, true, (fraction of those taken as it, error)]``: the purity on the diagonal."""
        return np.array([self._shares(self.taken == taken, self.label) for taken in range(len(self.names))])

    def _shares(self, rows: np.ndarray, of: np.ndarray) -> list[tuple[float, float]]:
        return [efficiency(of[rows] == one, self.weight[rows]) for one in range(len(self.names))]

    def discriminant(self, signal: int, fractions: Mapping[int, float]) -> np.ndarray:
        """ln(p_signal / Σ f p) over the other classes, ``[M]``, with their ``fractions``."""
        below = sum(share * self.probability[:, one] for one, share in fractions.items())
        return np.log(np.maximum(self.probability[:, signal], TINY) / np.maximum(below, TINY))

    def rejections(
        self, score: np.ndarray, signal: int, background: int, efficiencies: Sequence[float]
    ) -> list[Rejection]:
        """Rejection of one class by a score at efficiencies of another."""
        both = (self.label == signal) | (self.label == background)
        curve = roc(score[both], self.weight[both], self.label[both] == signal)
        rows = self.label == background
        return [rejection(curve.threshold_at(at), score[rows], self.weight[rows], at) for at in efficiencies]


def labelled(
    events: Events, score: str, target: str, names: Sequence[str], values: Sequence[float], reader: str
) -> tuple[Labelled, np.ndarray]:
    """The examples of some events, and the event of each ``[M]``.

    A label is the place of the target among ``values``; what has another target does not count. A score of one number
    is the probability of the second of two classes. Raises ``BadValues`` when there is none of a class, when lengths
    of lists differ, or a score is not finite.
    """
    probability, event = _examples(events[score])
    truth, _ = _examples(events[target])
    if len(truth) != len(probability) or _lengths_differ(events[score], events[target]):
        raise BadValues(f"{reader}: the lists '{score}' and '{target}' have different lengths")
    probability = np.stack([1 - probability[:, 0], probability[:, 0]], 1) if probability.shape[1] == 1 else probability
    label = (truth[:, :1] == np.asarray(values)[None, :]).astype(np.float64)
    known = label.any(1)
    weight = np.asarray(events["weight"], np.float64)[event]
    found = Labelled(probability[known], label[known].argmax(1), weight[known], tuple(names))
    _refuse_useless(found, score, target, values, np.unique(truth[np.isfinite(truth)]), reader)
    return found, event[known]


def examples(column: Column) -> int:
    """The number of events, or of particles where it is a list."""
    return len(column.values if isinstance(column, Jagged) else column)


def _examples(column: Column) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(column.values if isinstance(column, Jagged) else column, np.float64)
    event = np.repeat(np.arange(len(column)), column.lengths) if isinstance(column, Jagged) else np.arange(len(column))
    return values.reshape(len(values), -1), event


def _lengths_differ(one: Column, other: Column) -> bool:
    return isinstance(one, Jagged) and not np.array_equal(one.lengths, other.lengths)


def _refuse_useless(
    found: Labelled, score: str, target: str, values: Sequence[float], there: np.ndarray, reader: str
) -> None:
    bad = int((~np.isfinite(found.probability)).any(1).sum())
    if bad:
        raise BadValues(f"{reader}: column '{score}' is NaN or infinite in {bad} of {len(found.label)} examples")
    for place, (name, value) in enumerate(zip(found.names, values, strict=True)):
        if found.weight[found.label == place].sum() <= 0:
            raise BadValues(
                f"{reader}: nothing with {target} = {value:g} ({name}), or its weights do not sum to more than 0; "
                f"there is: {listed([f'{each:g}' for each in there]) or 'nothing labelled'}; see classes and values"
            )
