"""Fusion: networks on inputs of different kinds, joined by dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import Inputs, parameter
from hepdl.learning.parts import Network
from hepdl_networks.choices import ActivationName

if TYPE_CHECKING:
    from torch import nn

    from hepdl.data.rows import Rows
    from hepdl.job import Job


class Fusion(Network):
    """Several networks side by side, an image beside particles beside flat columns, then dense layers over their
    results; they are trained together: ``Fusion(networks=[Convolutional(...), Dense(...)])``.
    """

    inputs: Inputs = []
    """Columns of all networks; taken from them."""
    networks: list[Network] = parameter(min_length=1)
    """The networks, each with inputs of its own; their outputs are no columns."""
    features: int = parameter(32, ge=1)
    """Numbers that each network hands to the dense layers."""
    layers: list[int] = [64]
    """Width of each hidden dense layer."""
    activation: ActivationName = "relu"
    """Activation behind each network and each hidden dense layer."""
    dropout: float = parameter(0.0, ge=0, lt=1)
    """Probability with which a hidden dense unit is switched off in training."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: dict[str, Any]) -> dict[str, Any]:
        networks = values.get("networks")
        if values.get("inputs") or not isinstance(networks, list):
            return values
        found = [name for network in networks if isinstance(network, Network) for name in network.arguments]
        return values | {"inputs": list(dict.fromkeys(found))}

    @model_validator(mode="after")
    def _check(self) -> Self:
        needed = dict.fromkeys(name for network in self.networks for name in network.arguments)
        missing = [name for name in needed if name not in self.inputs]
        if missing:
            raise ValueError(f"inputs {self.inputs} lacks '{missing[0]}', which a network reads; leave inputs out")
        lists = [type(network).__name__ for network in self.networks if network.per_particle]
        if lists:
            raise ValueError(f"{lists[0]} answers for each particle, what is joined are answers for events: set "
                             "answers='event'")  # fmt: skip
        if any(width < 1 for width in self.layers):
            raise ValueError(f"each layer needs at least one unit, layers is {self.layers}")
        return self

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """A :class:`~hepdl_networks.fused.Fused`."""
        from hepdl_networks.fused import Fused
        from hepdl_networks.layers import ACTIVATIONS, Perceptron

        each = [self.activation] * len(self.layers)
        dense = Perceptron(self.features * len(self.networks), self.layers, outputs, each, dropout=self.dropout)
        modules = [network.build(columns, self.features) for network in self.networks]
        places = [[self.inputs.index(name) for name in network.arguments] for network in self.networks]
        return Fused(modules, places, ACTIVATIONS[self.activation](), dense)

    def prepare(self, module: nn.Module, train: Rows, validate: Rows, job: Job) -> None:
        """As each of the networks needs it."""
        for network, each in zip(self.networks, module.networks, strict=True):  # type: ignore[arg-type]
            network.prepare(each, train, validate, job)
