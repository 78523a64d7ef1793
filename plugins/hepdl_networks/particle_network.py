"""ParticleNetwork: what networks over lists of particles have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.errors import WiringError
from hepdl.learning.parts import Network
from hepdl_networks.choices import ActivationName, CollectName, total_width

if TYPE_CHECKING:
    from torch import nn

    from hepdl_networks.on_particles import OnParticles


class ParticleNetwork(Network):
    """A body that gives each particle some features, then dense layers: over the features collected from all particles
    of an event, or over those of each particle.

    Jagged ``inputs`` are side by side the features of a particle; flat ones join the dense layers (``[N]`` or
    ``[N, F]``). A subclass makes the body: a module from a list of particles ``[n, F]`` (and the further columns that
    its parameters name) to a list ``[n, W]`` of the same lengths.
    """

    answers: Literal["event", "particle"] = "event"
    """Whether there is one answer for each event or one for each particle."""
    collect: CollectName = "mean"
    """How the particles of an event are put together: ``attention`` is a mean with learned weights (arXiv:1409.0473);
    an event without particles gets 0."""
    head: list[int] = [64]
    """Width of each hidden dense layer."""
    activation: ActivationName = "relu"
    """Activation of all hidden layers."""
    dropout: float = parameter(0.0, ge=0, lt=1)
    """Probability with which a unit of the hidden dense layers is switched off in training."""

    @model_validator(mode="after")
    def _check_widths(self) -> Self:
        for name in ("head", "layers"):
            if any(width < 1 for width in getattr(self, name, [])):
                raise ValueError(f"each dense layer needs at least one unit, {name} is {getattr(self, name)}")
        return self

    @property
    def per_particle(self) -> str:
        """The first input, when it answers for each particle."""
        return self.inputs[0] if self.answers == "particle" else ""

    @property
    def body_columns(self) -> list[str]:
        """Columns that the body is called with beside the particles: those that other parameters name."""
        return self.arguments[len(self.inputs) :]

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """The module over lists of particles with so many features, and the width ``W`` of its result."""
        raise NotImplementedError

    def collector(self, width: int) -> nn.Module:
        """The module from the list ``[n, W]`` that the body gives to one row an event, ``[N, W]``."""
        from hepdl_networks.collectors import Attention, Collected

        return Attention(width) if self.collect == "attention" else Collected(self.collect)

    @property
    def particles(self) -> str:
        """The first input."""
        return self.inputs[0]

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """An :class:`~hepdl_networks.on_particles.OnParticles`; ``WiringError`` when no input is jagged."""
        return self._built(columns, outputs)[0]

    def trunk(self, columns: Columns, features: int) -> nn.Module:
        """What :meth:`build` makes, as a trunk that also gives the body's features of each particle."""
        from hepdl_networks.on_particles import TrunkOnParticles

        return TrunkOnParticles(*self._built(columns, features))

    def _built(self, columns: Columns, outputs: int) -> tuple[OnParticles, int]:
        """The module, and the number of features that its body gives to each particle."""
        from hepdl_networks.layers import Perceptron
        from hepdl_networks.on_particles import OnParticles

        lists, flat = self.sorted_inputs(columns)
        body, width = self.body(columns, sum(columns[name].width for name in lists))
        inputs = width + (total_width(columns, flat, type(self).__name__) if flat else 0)
        head = Perceptron(inputs, self.head, outputs, [self.activation] * len(self.head), dropout=self.dropout)
        lists, flat, further = (
            [self.arguments.index(name) for name in names] for names in (lists, flat, self.body_columns)
        )
        collect = None if self.per_particle else self.collector(width)
        return OnParticles(body, head, collect, lists, flat, len(self.inputs), further), width

    def sorted_inputs(self, columns: Columns) -> tuple[list[str], list[str]]:
        """The jagged inputs, and the flat ones."""
        kinds = {name: columns.need(name, type(self).__name__) for name in self.inputs}
        lists = [name for name, kind in kinds.items() if kind.jagged]
        if not lists or (self.per_particle and not kinds[self.inputs[0]].jagged):
            raise WiringError(
                f"{type(self).__name__}: the first input must be a list of particles (a jagged column), but inputs are "
                f"{', '.join(f'{name} ({kind})' for name, kind in kinds.items())}; make one with Particles(...)"
            )
        deep = [name for name in lists if len(kinds[name].shape) > 1]
        if deep:
            raise WiringError(f"{type(self).__name__}: each particle of '{deep[0]}' is {kinds[deep[0]]}, not a list")
        return lists, [name for name in kinds if name not in lists]


def need_numbers(columns: Columns, names: list[str], reader: str, what: str, numbers: int = 1) -> None:
    """``WiringError`` unless these columns are lists and have together so many numbers a particle."""
    kinds = {name: columns.need(name, reader) for name in names}
    flat = [name for name, kind in kinds.items() if not kind.jagged or len(kind.shape) > 1]
    if flat or sum(kind.width for kind in kinds.values()) != numbers:
        given = ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
        needed = "one number" if numbers == 1 else f"{numbers} numbers"
        raise WiringError(f"{reader}: {what} must be {needed} a particle, in jagged columns, but given are {given}")
