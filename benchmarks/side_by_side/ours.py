"""What hepdl does in the benchmarks: chains, tables, and a network that sums over packed particles."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from side_by_side.jets import FEATURES, FLAT, LISTS
from torch import nn

from hepdl import Chain, Inputs, Sample, Split
from hepdl.algorithm import Learner, Reader
from hepdl.algorithms import Define, Dense, Filter, RootReader, Standardize, Supervised
from hepdl.clock import Clock
from hepdl.columns import Columns
from hepdl.data.cache import Cache
from hepdl.data.first_pass import FirstPass
from hepdl.data.ranges import entry_ranges
from hepdl.data.rows import Rows
from hepdl.data.table import Table
from hepdl.events import Events, Jagged
from hepdl.job import Job
from hepdl.learning.parts import Network
from hepdl.ledger import Ledger

COLUMNS = [*LISTS, *FLAT, "label", "weight"]


def reader(files: list[str]) -> RootReader:
    """Two samples, one class a file, all of it for training."""
    background, signal = Sample("background", files[::2], label=0), Sample("signal", files[1::2], label=1)
    split = Split(train=1.0, validation=0.0, test=0.0)
    return RootReader(background, signal, tree="events", identity=["event"], split=split)


def table_of(chain_reader: Reader, cache: Cache) -> Table:
    """The 16 jagged and 5 flat columns, from the cache or decoded into it."""
    sources = chain_reader.sources()
    job = Job(sources=tuple(sources), ledger=Ledger.of(sources))
    first = FirstPass(chain_reader, [], job, entry_ranges(sources), Clock(), cache)
    return first.run(chain_reader.offers(), [*COLUMNS, "source", "sample", "part", "entry"]).table


def rows_of(table: Table, memory_mb: float | None) -> Rows:
    """All of it, in memory or in pools."""
    from hepdl.engine import pool_size

    table = table.only(COLUMNS)
    pool = pool_size(table, len(table), Job(memory_mb=memory_mb))
    return Rows(table, np.arange(len(table)), Columns(), lambda events: events, "cpu", 1, pool)


class Needs(Learner):
    """Learns nothing, but wants its columns decoded and kept."""

    columns: Inputs
    """Columns that are kept."""

    def build(self, columns: Columns) -> nn.Module:
        """An empty module."""
        return nn.Module()

    def fit(self, train: Rows, validate: Rows) -> None:
        """Nothing."""

    def execute(self, events: Events) -> dict[str, torch.Tensor]:
        """Nothing."""
        return {}


def first_pass_chain(files: list[str]) -> Chain:
    """Decode, define, filter, statistics, cache."""
    return Chain(
        reader(files), Filter("jet_tau1 > -4"), Define("tau21", "jet_tau2 - jet_tau1"),
        Standardize([*FLAT, "tau21"], output="features"), Needs(columns=LISTS),
    )  # fmt: skip


def dense_chain(files: list[str], batch: int, epochs: int) -> Chain:
    """20-64-64-64-1 behind a standardisation."""
    network = Dense(inputs=["features"], layers=[64, 64, 64], output="score")
    learner = Supervised(network=network, target="label", epochs=epochs, batch_size=batch, keep="last")
    return Chain(reader(files), Standardize(FEATURES, output="features"), learner)


class DeepSets(Network):
    """Particle flow network (Komiske, Metodiev and Thaler, arXiv:1810.05165) on packed particles."""

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """Three layers of 128 for each particle, three for the sum."""
        return PackedSets(len(self.inputs), outputs)


class PackedSets(nn.Module):
    """``F(sum over particles of Φ(particle))`` without a padded particle."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.each, self.all = perceptron([features, 128, 128, 128]), perceptron([128, 128, 128, outputs])

    def forward(self, *columns: Jagged) -> torch.Tensor:
        """``[N, outputs]``."""
        latent = self.each(torch.stack([column.values for column in columns], 1)).relu()
        sums = latent.new_zeros(len(columns[0]), latent.shape[1])
        result: torch.Tensor = self.all(sums.index_add(0, columns[0].event_index(), latent))
        return result


def perceptron(widths: list[int]) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers = [[nn.Linear(a, b), nn.ReLU()] for a, b in pairwise(widths)]
    return nn.Sequential(*[part for pair in layers for part in pair][:-1])


def pfn_chain(files: list[str], batch: int, epochs: int) -> Chain:
    """Deep sets over all 16 columns of the particles."""
    network = DeepSets(inputs=LISTS, output="score")
    learner = Supervised(network=network, target="label", epochs=epochs, batch_size=batch, keep="last")
    return Chain(reader(files), learner)


def cache_in(scratch: Path) -> Cache:
    """The benchmark's own cache."""
    return Cache(scratch / "cache")
