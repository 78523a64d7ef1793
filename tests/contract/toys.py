"""Small algorithms and networks that keep the contract."""

from __future__ import annotations

import numpy as np
import torch
from hepdl_networks.particle_network import ParticleNetwork
from torch import nn

from hepdl.algorithm import Algorithm, Augmentation, Learner, Report, Selection
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Input, Output, parameter
from hepdl.events import Column, Events, Jagged
from hepdl.learning.parts import Network
from hepdl.noise import Noise


class Double(Algorithm):
    """Twice a column."""

    positional = ("column",)

    column: Input
    """What is doubled."""
    output: Output = "twice"
    """The doubled column."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: 2 * events[self.column]}


class Leading(Algorithm):
    """The largest of a list, zero where there is none."""

    positional = ("column",)

    column: Input
    """A jagged column."""
    output: Output = "leading"
    """Its largest element."""

    def execute(self, events: Events) -> dict[str, Column]:
        particles = events[self.column]
        largest = np.zeros(len(events), np.float32)
        np.maximum.at(largest, np.repeat(np.arange(len(events)), particles.lengths), particles.values)
        return {self.output: largest}


class Above(Selection):
    """Events above a threshold."""

    positional = ("column", "threshold")

    column: Input
    """What is compared."""
    threshold: float = parameter(0.0, unit="GeV")
    """Events at or below it are rejected."""

    def execute(self, events: Events) -> np.ndarray:
        return np.asarray(events[self.column] > self.threshold)


class Mean(nn.Module):
    """Holds one mean."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))


class Centre(Learner):
    """Subtracts the weighted mean of the training part."""

    positional = ("column",)

    column: Input
    """What is centred."""
    output: Output = "centred"
    """The centred column."""

    def build(self, columns: Columns) -> nn.Module:
        return Mean()

    def fit(self, train: Rows, validate: Rows) -> None:
        events = train.everything([self.column, "weight"])
        weight = events["weight"]
        self.module.mean.copy_((weight * events[self.column]).sum() / weight.sum())

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column] - self.module.mean}


class Shake(Augmentation):
    """Adds normal noise of width 1."""

    positional = ("column",)

    column: Input
    """What is shaken."""
    output: Output = "shaken"
    """The column with noise."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column].clone()}

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        return {self.output: events[self.column] + noise.normal()}


class Thin(Augmentation):
    """Drops half of the particles."""

    positional = ("column",)

    synchronises = "how many particles stay is known on the device alone"
    column: Input
    """A jagged column."""
    output: Output = "thinned"
    """What is left of it."""

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        return {self.output: columns[self.column]}

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column]}

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        particles = events[self.column]
        keep = noise.uniform(particles=particles) < 0.5
        before = torch.cat([keep.new_zeros(1, dtype=torch.int64), keep.cumsum(0)])
        return {self.output: Jagged(particles.values[keep], before[particles.offsets])}


class Line(Learner):
    """A linear classifier that takes one SGD step a batch."""

    inputs: list[str] = ["x", "y"]
    """Columns of the linear function."""
    output: Output = "score"
    """Its value."""

    def reads(self) -> list[str]:
        return [*self.inputs, "label"]

    def build(self, columns: Columns) -> nn.Module:
        return nn.Linear(len(self.inputs), 1)

    def fit(self, train: Rows, validate: Rows) -> None:
        optimizer = torch.optim.SGD(self.module.parameters(), 0.1)
        for epoch in range(self.job.epochs or 1):
            total = torch.zeros((), device=train.device)
            for batch in train.batches([*self.reads(), "weight"], 16, epoch):
                loss = self.loss(batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach()
            self.job.metric(epoch=epoch, loss=total.item())

    def loss(self, batch: Events) -> torch.Tensor:
        each = nn.functional.binary_cross_entropy_with_logits(self.value(batch), batch["label"], reduction="none")
        return (batch["weight"] * each).mean()

    def value(self, events: Events) -> torch.Tensor:
        return self.module(torch.stack([events[name] for name in self.inputs], 1))[:, 0]

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: self.value(events)}


class Counted(Report):
    """Counts events."""

    def draw(self, events: Events) -> None:
        self.job.numbers("count", {"events": len(events)})


class Linear(Network):
    """One layer on flat columns."""

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        return Concatenated(len(self.inputs), outputs)


class Concatenated(nn.Module):
    """A linear layer behind columns side by side."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, outputs)

    def forward(self, *columns: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.stack(columns, 1))


class Pooled(Network):
    """The sum of a layer over particles."""

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        return SumOfParticles(columns[self.inputs[0]].width, outputs)


class SumOfParticles(nn.Module):
    """A linear layer for each particle, summed over the event."""

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, outputs)

    def forward(self, particles: Jagged) -> torch.Tensor:
        hidden = self.layer(particles.values)
        return hidden.new_zeros(len(particles), hidden.shape[1]).index_add(0, particles.event_index(), hidden)


class Deep(ParticleNetwork):
    """A layer for each particle, then what all particle networks have."""

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        return OneLayer(features, 4), 4


class OneLayer(nn.Module):
    """A dense layer for each particle."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(features, width)

    def forward(self, particles: Jagged) -> Jagged:
        return particles.with_values(self.layer(particles.values).tanh())


PARTICLES = {"particles": ColumnType("float32", (3,), jagged=True)}
