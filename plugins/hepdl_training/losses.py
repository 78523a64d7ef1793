"""Losses: what a network is trained to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.columns import ColumnType
from hepdl.description import parameter
from hepdl.errors import BadValues, WiringError
from hepdl.learning.parts import Loss
from hepdl_training.regression import Regression

if TYPE_CHECKING:
    import torch


class CrossEntropy(Loss):
    """−log of the probability given to the true class; the target is a class label 0, 1, 2, ...

    Two classes need one output, the probability of class 1; more need one output each.
    """

    classes: int = parameter(2, ge=2)
    """Number of classes."""
    temperature: float = parameter(1.0, gt=0)
    """The outputs (logits) are divided by this before they become probabilities, in training and in the score; above 1
    the probabilities are flatter at first. For a temperature that is fitted afterwards see ``TemperatureScaling``."""

    @property
    def labels(self) -> int:
        """Number of classes."""
        return self.classes

    def outputs(self, target: ColumnType) -> int:
        """1 for two classes, else their number."""
        if target.shape:
            raise WiringError(f"CrossEntropy: its target must be a class label, not {target}; see KullbackLeibler")
        return 1 if self.classes == 2 else self.classes

    def check(self, target: torch.Tensor, name: str) -> None:
        """Each label is one of the classes, and each class is there."""
        import torch

        counts = torch.unique(target.double(), return_counts=True)
        found = dict(zip(counts[0].tolist(), counts[1].tolist(), strict=True))
        strange = {value: count for value, count in found.items() if value not in range(self.classes)}
        if strange:
            told = ", ".join(f"{value:g} ({count} times)" for value, count in list(strange.items())[:6])
            raise BadValues(
                f"CrossEntropy: target column '{name}' holds {told}, but the {self.classes} classes are "
                f"0 to {self.classes - 1}; look at the samples' labels or set CrossEntropy(classes=...)"
            )
        missing = [value for value in range(self.classes) if value not in found]
        if missing:
            there = ", ".join(f"{value:g}" for value in found) or "none"
            raise BadValues(
                f"CrossEntropy: target column '{name}' has no event of class {missing[0]} (there is: {there}); "
                "a classifier needs all its classes; look at the samples, their labels and the selection"
            )

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """``[N]`` in nats."""
        from torch.nn import functional

        if self.temperature != 1:
            prediction = prediction / self.temperature
        if self.classes == 2:
            return functional.binary_cross_entropy_with_logits(prediction[:, 0], target, reduction="none")
        return functional.cross_entropy(prediction, target.long(), reduction="none")

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        """Probability of class 1 ``[N]``, or of each class ``[N, classes]``."""
        if self.temperature != 1:
            prediction = prediction / self.temperature
        return prediction[:, 0].sigmoid() if self.classes == 2 else prediction.softmax(1)


class BinaryCrossEntropy(Loss):
    """Several yes-or-no questions at once: the target is a group ``[N, F]`` of 0 and 1, which need not exclude each
    other; −log of the probability given to the truth, mean over them.
    """

    def outputs(self, target: ColumnType) -> int:
        """One for each member of the target."""
        return target.width

    def check(self, target: torch.Tensor, name: str) -> None:
        """All values are 0 or 1."""
        bad = int(((target != 0) & (target != 1)).sum())
        if bad:
            raise BadValues(
                f"BinaryCrossEntropy: {bad} values of target column '{name}' are neither 0 nor 1; each member answers "
                "one question with no or yes; for classes that exclude each other see CrossEntropy(classes=...)"
            )

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """``[N]`` in nats."""
        from torch.nn import functional

        target = target.reshape(prediction.shape)
        return functional.binary_cross_entropy_with_logits(prediction, target, reduction="none").mean(1)

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        """Probability of each yes ``[N]`` or ``[N, F]``."""
        return _squeezed(prediction.sigmoid())


class MeanSquaredError(Regression):
    """(prediction − target)² in units of ``scale``², mean over the members of the target."""

    def of(self, distance: torch.Tensor) -> torch.Tensor:
        """``[N, F]``."""
        return distance.square()


class MeanAbsoluteError(Regression):
    """|prediction − target| in units of ``scale``, mean over the members of the target; it learns the median."""

    def of(self, distance: torch.Tensor) -> torch.Tensor:
        """``[N, F]``."""
        return distance.abs()


class KullbackLeibler(Loss):
    """KL(target ‖ prediction) for a target that is a distribution over ``F`` bins or classes, a column ``[N, F]``."""

    def outputs(self, target: ColumnType) -> int:
        """One for each bin."""
        if target.width < 2:
            raise WiringError(f"KullbackLeibler: its target must be a distribution [N, F], not {target}")
        return target.width

    def check(self, target: torch.Tensor, name: str) -> None:
        """Each row is a distribution: not negative, sum 1."""
        bad = int(((target < 0).any(1) | ((target.sum(1) - 1).abs() > 1e-3)).sum())
        if bad:
            raise BadValues(
                f"KullbackLeibler: {bad} rows of target column '{name}' are no distributions (each must be "
                "positive and sum to 1); normalise them first"
            )

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """``[N]`` in nats."""
        from torch.nn import functional

        return functional.kl_div(prediction.log_softmax(1), target, reduction="none").sum(1)

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        """The predicted distribution ``[N, F]``."""
        return prediction.softmax(1)


def _squeezed(prediction: torch.Tensor) -> torch.Tensor:
    return prediction[:, 0] if prediction.shape[1] == 1 else prediction
