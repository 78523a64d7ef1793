"""Algorithms and networks with one bug each."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import PrivateAttr
from torch import nn

from hepdl.algorithm import DeviceAlgorithm
from hepdl.columns import Columns
from hepdl.data.rows import Rows
from hepdl.description import Input, Output
from hepdl.events import Column, Events, Jagged
from hepdl.noise import Noise
from tests.contract.toys import Above, Centre, Concatenated, Double, Line, Linear, OneLayer, Pooled, Shake


class ChangesInput(Double):
    """Doubles in place."""

    def execute(self, events: Events) -> dict[str, Column]:
        column = events[self.column]
        column *= 2
        return {self.output: column.copy()}


class AddsMore(Double):
    """Adds a column that it does not declare."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: 2 * events[self.column], "secret": events[self.column]}


class OtherType(Double):
    """Declares float32, gives float64."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column].astype(np.float64)}


class ReadsMore(Double):
    """Reads a column that it does not name."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column] + events["mu"]}


class Undocumented(Double):
    """Has a parameter without docstring."""

    factor: float = 2.0


class Untyped(Double):
    """Has a method without types."""

    def execute(self, events):  # type: ignore[no-untyped-def]
        return {self.output: 2 * events[self.column]}


class Loose(Double):
    """Has a parameter that may be anything."""

    anything: Any = None
    """Whatever."""


class BreaksWhenEmpty(Double):
    """Divides by the largest value."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column] / events[self.column].max()}


class DependsOnBlock(Double):
    """Subtracts the mean of the block."""

    def execute(self, events: Events) -> dict[str, Column]:
        mean = events[self.column].sum(dtype=np.float32) / np.float32(max(len(events), 1))
        return {self.output: events[self.column] - mean}


class Smears(Double):
    """Draws without a seed."""

    def execute(self, events: Events) -> dict[str, Column]:
        noise = np.random.default_rng().normal(size=len(events))
        return {self.output: (events[self.column] + noise).astype(np.float32)}


class OpensMask(Above):
    """Answers with indices instead of a mask."""

    def execute(self, events: Events) -> np.ndarray:
        return np.flatnonzero(events[self.column] > self.threshold)


class KeepsOutside(Centre):
    """Keeps the mean beside the module."""

    _mean: Any = PrivateAttr(0.0)

    def fit(self, train: Rows, validate: Rows) -> None:
        self._mean = train.everything([self.column])[self.column].mean()

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column] - self._mean}


class FitsUnseeded(Centre):
    """Learns something random."""

    def fit(self, train: Rows, validate: Rows) -> None:
        self.module.mean.fill_(np.random.default_rng().normal())


class CpuTensor(Centre):
    """Makes a tensor on the CPU."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column] - self.module.mean * torch.ones(len(events))}


class ChangesTensor(Centre):
    """Centres in place."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column].sub_(self.module.mean).clone()}


class LeavesTheDevice(Centre):
    """Puts what it learned on the CPU."""

    def fit(self, train: Rows, validate: Rows) -> None:
        self.module.mean = train.everything([self.column])[self.column].mean().cpu()


class WaitsInSteps(Line):
    """Asks for the loss in each training step."""

    def loss(self, batch: Events) -> torch.Tensor:
        loss = super().loss(batch)
        if loss.item() != loss.item():
            raise ValueError("not a number")
        return loss


class WaitsInExecute(Centre):
    """Selects with a mask."""

    def execute(self, events: Events) -> dict[str, Column]:
        column = events[self.column] - self.module.mean
        column[column > 3] = column.mean()
        return {self.output: column}


class MayWait(WaitsInSteps):
    """Asks for the loss in each step, and says so."""

    synchronises: ClassVar[str] = "the line search decides on the loss"


class FixedSize(DeviceAlgorithm):
    """Adds noise that was drawn for one length."""

    column: Input = "x"
    """What is smeared."""
    output: Output = "smeared"
    """The smeared column."""

    def build(self, columns: Columns) -> nn.Module:
        return nn.Module()

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column] + torch.ones(96, device=events[self.column].device)}


class Still(Shake):
    """Never varies."""

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        return self.execute(events)


class ShakesForEver(Shake):
    """Varies each event in one way."""

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        return {self.output: events[self.column] * 2}


class ShakesByPlace(Shake):
    """Draws from torch, so that an event's numbers depend on its batch."""

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        return {self.output: events[self.column] + torch.randn(len(events), device=events[self.column].device)}


class ShakesInPlace(Shake):
    """Adds the noise to its input."""

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        return {self.output: events[self.column].add_(noise.normal()).clone()}


class ShakesMore(Shake):
    """Gives another type in training."""

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        return {self.output: events[self.column] + noise.normal().double()}


class WaitsToShake(Shake):
    """Waits for the largest value."""

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        width = 1.0 if len(events) == 0 or events[self.column].max() < 9 else 2.0
        return {self.output: events[self.column] + width * noise.normal()}


class TooWide(Linear):
    """Gives one output too many."""

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        return Concatenated(len(self.inputs), outputs + 1)


class Unused(Linear):
    """Has a layer that nothing uses."""

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        net = Concatenated(len(self.inputs), outputs)
        net.other = nn.Linear(2, 2)
        return net


class PlainAttribute(Linear):
    """Keeps a tensor that is no buffer."""

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        return Shifted(len(self.inputs), outputs)


class Shifted(Concatenated):
    """Subtracts a tensor that stays on the CPU."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__(width, outputs)
        self.shift = torch.zeros(width)

    def forward(self, *columns: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.stack(columns, 1) - self.shift)


class AnswersForEvents(Pooled):
    """Says that it answers for each particle, and does not."""

    @property
    def per_particle(self) -> str:
        return self.inputs[0]


class LosesParticles(AnswersForEvents):
    """Leaves out the last event's particles."""

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        return WithoutTheLast(columns[self.inputs[0]].width, outputs)


class WithoutTheLast(OneLayer):
    """A layer for each particle of all events but the last."""

    def forward(self, particles: Jagged) -> Jagged:
        offsets = particles.offsets.clamp(max=particles.values.shape[0] - 1)
        return Jagged(self.layer(particles.values[:-1]), offsets)
