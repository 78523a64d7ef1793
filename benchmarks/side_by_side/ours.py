"""What hepdl does in the benchmarks: chains and tables."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from side_by_side import full
from side_by_side.jets import FEATURES, FLAT, LISTS
from torch import nn

from hepdl import Chain, Inputs, Sample, Split
from hepdl.algorithm import Learner, Reader, Step
from hepdl.algorithms import (
    DeepSets,
    Define,
    Dense,
    Filter,
    ParticleNetLite,
    Particles,
    RootReader,
    Standardize,
    Supervised,
)  # fmt: skip
from hepdl.clock import Clock
from hepdl.columns import Columns
from hepdl.data.cache import Cache
from hepdl.data.first_pass import FirstPass
from hepdl.data.ranges import entry_ranges
from hepdl.data.rows import Rows
from hepdl.data.table import Table
from hepdl.events import Events
from hepdl.job import Job
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


def full_steps() -> list[Step]:
    """Selection, new variables, scaling and clipping, as weaver's example for JetClass has them."""
    scaled = [Define(f"scaled_{name}", full.scaled(name)) for name in full.SCALED]
    return [Filter(full.SELECTION), *(Define(name, full.NEW[name]) for name in ("part_d0", "part_dz")), *scaled]


FULL = [*(f"scaled_{name}" for name in full.SCALED), *full.PLAIN, *full.VECTORS, "label", "weight"]
"""Columns of a batch: 17 features and 4 components a particle; two features are coordinates too."""


def full_table(files: list[str], cache: Cache) -> Table:
    """These columns, decoded and computed, written into the cache."""
    chain = Chain(reader(files), *full_steps(), Needs(columns=[*FULL[:-2]])).resolved()
    chain.wire(chain.reader.offers())
    sources = chain.reader.sources()
    job = Job(sources=tuple(sources), ledger=Ledger.of(sources))
    first = FirstPass(chain.reader, chain.steps[1:-1], job, entry_ranges(sources), Clock(), cache)
    return first.run(chain.reader.offers(), [*FULL, "source", "sample", "part", "entry"]).table


def rows_of(table: Table, memory_mb: float | None, columns: list[str] = COLUMNS) -> Rows:
    """All of it, in memory or in pools."""
    from hepdl.data.pools import pool_size

    table = table.only(columns)
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


def perceptron(widths: list[int]) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers = [[nn.Linear(a, b), nn.ReLU()] for a, b in pairwise(widths)]
    return nn.Sequential(*[part for pair in layers for part in pair][:-1])


def deep_sets() -> DeepSets:
    """Three layers of 128 for each particle, two of 128 and the last one for the sum."""
    return DeepSets(inputs=LISTS, layers=[128, 128, 128], head=[128, 128], output="score")


def pfn_chain(files: list[str], batch: int, epochs: int) -> Chain:
    """Deep sets over all 16 columns of the particles."""
    network = deep_sets()
    learner = Supervised(network=network, target="label", epochs=epochs, batch_size=batch, keep="last")
    return Chain(reader(files), learner)


def particle_net_chain(files: list[str], batch: int, epochs: int) -> Chain:
    """ParticleNet-Lite over all 16 columns of the particles, neighbours in Δη and Δφ."""
    network = ParticleNetLite(inputs=LISTS, coordinates="points", output="score")
    learner = Supervised(network=network, target="label", epochs=epochs, batch_size=batch, keep="last")
    return Chain(reader(files), Particles("points", ["part_deta", "part_dphi"]), learner)


def cache_in(scratch: Path) -> Cache:
    """The benchmark's own cache."""
    return Cache(scratch / "cache")
