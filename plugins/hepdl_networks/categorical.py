"""Categorical: probabilities of a few values, given by a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.learning.parts import Density
from hepdl_networks.choices import ActivationName, total_width

if TYPE_CHECKING:
    from torch import nn


class Categorical(Density):
    """p(target | inputs) for a target with a few distinct values: an adversary for a discrete nuisance."""

    classes: int = parameter(2, ge=2)
    """Number of distinct values of the target; which ones they are is seen in the training part."""
    layers: list[int] = [32, 32]
    """Width of each hidden layer."""
    activation: ActivationName = "silu"
    """Activation of the hidden layers; a smooth one keeps an adversary alive."""
    shift: float = 0.0
    """Subtracted from the inputs."""
    scale: float = 0.5
    """The shifted inputs are multiplied by this; the logit of a score has a width of about 2."""

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`~hepdl_networks.class_probabilities.ClassProbabilities`."""
        from hepdl_networks.class_probabilities import ClassProbabilities

        return ClassProbabilities(self, total_width(columns, self.inputs, "Categorical"))
