"""Parts of a learning step: networks, densities, losses, optimisers. No scheme knows a network, nor the other way.

A part is a description; its ``build`` makes the torch object. N networks and M schemes need N + M classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from hepdl.columns import Columns, ColumnType
from hepdl.description import Description, Inputs, Output, parameter

if TYPE_CHECKING:
    import torch
    from torch import nn

    from hepdl.data.rows import Rows
    from hepdl.job import Job


Layout = Literal["packed", "bucketed", "padded"]
"""``packed``: particles one after the other, any number an event; ``bucketed``: batches of events with about as many
particles, for a network that pads to the longest list of a batch; ``padded``: to a length of its own."""


class Network(Description):
    """A function of named columns that can be trained.

    The module's ``forward`` takes one argument for each column of :attr:`arguments`, in order: a tensor ``[N]`` or
    ``[N, F]`` for a flat column, a :class:`hepdl.events.Jagged` for a jagged one. It returns ``[N, outputs]``, without
    the last activation, which belongs to the loss; a network that answers :attr:`per_particle` returns a ``Jagged`` of
    ``[n, outputs]``.
    """

    inputs: Inputs
    """Columns the network reads."""
    output: Output = "score"
    """Column its result becomes."""

    @property
    def arguments(self) -> list[str]:
        """The columns that its module is called with: ``inputs``, then those that other parameters name."""
        return self.wired("input")

    @property
    def per_particle(self) -> str:
        """The jagged column for each particle of which it answers; empty when it answers for each event."""
        return ""

    @property
    def layout(self) -> Layout:
        """How it likes lists of particles: that of its parts by default."""
        layouts = [part.layout for _, part in self.parts() if isinstance(part, Network)]
        return "bucketed" if "bucketed" in layouts else "packed"

    def alike(self, columns: Columns) -> str:
        """The list by whose length events are put together in training batches; empty for none."""
        if self.layout != "bucketed":
            return ""
        return next((name for name in self.arguments if columns[name].jagged), "")

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """The torch module for these column types and this many outputs, freshly initialised."""
        raise NotImplementedError

    def prepare(self, module: nn.Module, train: Rows, validate: Rows, job: Job) -> None:
        """Before training: take from the training part what the module needs beside its weights, and raise
        :class:`hepdl.errors.BadValues` for inputs that it cannot use. By default nothing.
        """

    def concerns(self) -> list[str]:
        """What will make it hard to train, in words, with what to do; told before anything is trained."""
        return []

    @property
    def particles(self) -> str:
        """The jagged column whose particles have features of their own in :meth:`trunk`; empty when there are none."""
        return ""

    def trunk(self, columns: Columns, features: int) -> nn.Module:
        """The torch module as a trunk that several heads share.

        It answers ``(features of each event [N, features], Jagged features of each particle [n, W])`` and has the
        attribute ``particle_width``, ``W``; the second is None, and ``W`` 0, unless :attr:`particles` names a list.
        """
        from hepdl.learning.trunk import Trunk

        return Trunk(self.build(columns, features))


class Density(Description):
    """A conditional density p(target | inputs) that can be trained: the adversary of a pivot, for example.

    The module offers ``log_prob(target, *inputs) -> [N]`` in nats (natural units of the target),
    ``check(target)``, which raises :class:`hepdl.errors.BadValues` for targets it has no probability for, and
    ``prepare(target, weight)``, which takes from the training targets whatever it needs (centre and width, or the
    classes) into buffers before training, and raises :class:`hepdl.errors.BadValues` when it cannot use them.
    """

    inputs: Inputs
    """Columns the density is conditioned on."""

    def build(self, columns: Columns) -> nn.Module:
        """The torch module for these column types."""
        raise NotImplementedError


class Penalty(Description):
    """A number that grows with the dependence of a score on a nuisance, to be added to a loss.

    The module's ``forward`` takes the score ``[N]``, the nuisance ``[N]`` and weights ``[N]``, which are 0 for events
    that do not count, and returns a scalar whose gradient leads the score away from the nuisance. ``prepare(nuisance,
    weight)`` takes from the training events what it needs into buffers, and raises :class:`hepdl.errors.BadValues` when
    it cannot use them; ``check(nuisance)`` does so for other events. Weights of the module are trained along with the
    network.
    """

    def build(self, columns: Columns) -> nn.Module:
        """The torch module; ``columns`` hold the types of the score and of the columns before the step."""
        raise NotImplementedError


class Loss(Description):
    """What is minimised, for each event: weights and masks are applied by the training scheme.

    ``outputs`` says how many numbers the network must give, ``loss`` compares them with the target, ``activate``
    turns them into the column that goes out. For a likelihood of your own write a subclass: ``loss`` is then
    −log L of each event.
    """

    @property
    def labels(self) -> int:
        """Number of classes when the target is a class label 0, 1, 2, ...; 0 for any other target."""
        return 0

    def outputs(self, target: ColumnType) -> int:
        """Number of network outputs for this target."""
        raise NotImplementedError

    def check(self, target: torch.Tensor, name: str) -> None:
        """Raise :class:`hepdl.errors.BadValues` when values of the target column ``name`` cannot be learned.

        Called once, before training, with all events that have a weight.
        """

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss of each event ``[N]`` from ``[N, outputs]`` and ``[N]`` or ``[N, outputs]``."""
        raise NotImplementedError

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        """The column that goes out, ``[N]`` or ``[N, outputs]``."""
        raise NotImplementedError


class Optimizer(Description):
    """How weights follow their gradients."""

    decay: float = parameter(0.0, ge=0)
    """δ: the rate ε becomes ε / (1 + δ) after each epoch."""

    @property
    def needs_all_events(self) -> bool:
        """Whether steps on single batches have no meaning."""
        return False

    def concerns(self) -> list[str]:
        """What is unusual about its parameters, in words; told before anything is trained."""
        return []

    def decay_factor(self, epoch: int) -> float:
        """What is left of the rate in this epoch, counted from 0."""
        return float((1 + self.decay) ** -epoch)

    def build(self, parameters: Iterable[Any]) -> torch.optim.Optimizer:
        """The torch optimiser over these parameters."""
        raise NotImplementedError


class Schedule(Description):
    """How the learning rate changes: a factor on the optimiser's rate."""

    def factor(self, step: int, steps: int) -> float:
        """The factor at ``step`` of ``steps`` in all."""
        raise NotImplementedError
