"""A reader whose files are dictionaries in memory, and small steps: what tests of the core need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from hepdl import Input, Output, Sample
from hepdl.algorithm import Algorithm, Learner, Reader, Report, Selection
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.events import Column, Events, Jagged
from hepdl.sources import Source

FILES: dict[str, dict[str, Column]] = {}
"""Path → columns: what :class:`MemoryReader` finds."""


class MemoryReader(Reader):
    """Reads dictionaries of arrays that a test put into FILES."""

    block: int = 7
    """Entries in a block."""

    def sources(self) -> list[Source]:
        pairs = [(sample, path) for sample in self.samples for path in sample.patterns]
        return [
            Source(i, sample, path, len(next(iter(FILES[path].values()))), f"uuid-{path}")
            for i, (sample, path) in enumerate(pairs)
        ]

    def offers(self, head: bool = False) -> Columns:
        columns = FILES[self.samples[0].patterns[0]]
        return Columns({name: type_of(column) for name, column in columns.items()})

    def blocks(self, source: Source, names: list[str], start: int, stop: int) -> Iterator[Events]:
        events = Events(FILES[source.path]).only(names)
        for first in range(start, stop, self.block):
            yield events.rows(first, min(first + self.block, stop))


def type_of(column: Column) -> ColumnType:
    """The type of a host column."""
    values = column.values if isinstance(column, Jagged) else column
    return ColumnType(str(values.dtype), values.shape[1:], isinstance(column, Jagged))


class Twice(Algorithm):
    """Doubles a column."""

    column: Input
    """Column to double."""
    output: Output = "twice"
    """Name of the result."""

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column] * 2}


class Above(Selection):
    """Keeps events above a threshold."""

    positional: ClassVar[tuple[str, ...]] = ("column", "threshold")
    column: Input
    """Column to cut on."""
    threshold: float = 0.0
    """Smallest value that is rejected."""

    def execute(self, events: Events) -> np.ndarray:
        return np.asarray(events[self.column] > self.threshold)


class Centre(Learner):
    """Subtracts the mean of the training part."""

    column: Input
    """Column to centre."""
    output: Output = "centred"
    """Name of the result."""

    def build(self, columns: Columns) -> nn.Module:
        module = nn.Module()
        module.register_buffer("mean", torch.zeros(()))
        return module

    def fit(self, train: Rows, validate: Rows) -> None:
        self.module.mean.copy_(train.everything([self.column])[self.column].float().mean())

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column] - self.module.mean}


class Collect(Report):
    """Keeps what it saw for the test to look at."""

    columns: list[str] = []
    """Columns to keep."""
    seen: ClassVar[list[Events]] = []

    def reads(self) -> list[str]:
        return self.columns

    def execute(self, events: Events) -> None:
        self._blocks.append(events)

    def draw(self, events: Events) -> None:
        type(self).seen[:] = [events]


def sample(name: str, n: int, seed: int = 0, **parameters: Any) -> Sample:
    """A sample of one file in memory with columns x (normal), pt (positive) and event (unique)."""
    rng = np.random.default_rng(seed)
    first = seed * 1_000_000
    FILES[f"{name}.mem"] = {
        "x": rng.normal(size=n).astype("f4"),
        "pt": rng.exponential(50, n).astype("f4"),
        "event": np.arange(first, first + n),
    }
    return Sample(name, f"{name}.mem", **parameters)
