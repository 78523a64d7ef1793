"""Dense: the multilayer perceptron."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.learning.parts import Network
from hepdl_networks.choices import ActivationName, InitialisationName, depth_concerns, total_width

if TYPE_CHECKING:
    from torch import nn


class Dense(Network):
    """Dense layers over flat columns, which are put side by side; the last layer has no activation."""

    layers: list[int] = [64, 64, 64]
    """Width of each hidden layer; an empty list makes a linear model."""
    activation: ActivationName | list[ActivationName] = "relu"
    """Activation of all hidden layers, or a list with one for each."""
    dropout: float = parameter(0.0, ge=0, lt=1)
    """Probability with which a hidden unit is switched off in training."""
    batch_norm: bool = False
    """Normalise each hidden layer over the batch, before its activation."""
    layer_norm: bool = False
    """Normalise each hidden layer over its units, before its activation."""
    residual: bool = False
    """Add to each hidden layer what comes into it, where that is as wide: deep networks then learn more easily."""
    initialisation: InitialisationName = "default"
    """How weights start (biases then start at 0); ``default`` is torch's own."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if any(width < 1 for width in self.layers):
            raise ValueError(f"each layer needs at least one unit, layers is {self.layers}")
        if isinstance(self.activation, list) and len(self.activation) != len(self.layers):
            raise ValueError(f"{len(self.activation)} activations for {len(self.layers)} layers; give one for each")
        return self

    @property
    def activations(self) -> list[ActivationName]:
        """One for each hidden layer."""
        return self.activation if isinstance(self.activation, list) else [self.activation] * len(self.layers)

    def concerns(self) -> list[str]:
        """Sigmoids in a deep network, and layers too narrow for their number."""
        eased = self.residual or self.batch_norm or self.layer_norm
        return depth_concerns(self.layers, self.activations, eased)

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """A :class:`~hepdl_networks.layers.Perceptron` of the total width of the inputs."""
        from hepdl_networks.layers import Perceptron

        inputs = total_width(columns, self.inputs, "Dense")
        return Perceptron(
            inputs, self.layers, outputs, self.activations, dropout=self.dropout,
            batch_norm=self.batch_norm, layer_norm=self.layer_norm, initialisation=self.initialisation,
            residual=self.residual,
        )  # fmt: skip
