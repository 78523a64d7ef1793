"""A reader that makes wide events up as it goes, and a training on them: more than the memory it is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hepdl import Chain, Sample, Split
from hepdl.algorithm import Reader
from hepdl.algorithms import Dense, Standardize, Supervised
from hepdl.columns import Columns, ColumnType
from hepdl.events import Events
from hepdl.sources import Source

FEATURES = [f"x{i}" for i in range(20)]
BLOCK = 10_000


class Wide(Reader):
    """Two samples of 20 random features."""

    entries: int = 500_000
    """Events of each sample."""

    def sources(self) -> list[Source]:
        return [Source(i, sample, sample.name, self.entries, sample.name) for i, sample in enumerate(self.samples)]

    def offers(self, head: bool = False) -> Columns:
        return Columns({name: ColumnType() for name in FEATURES})

    def blocks(self, source: Source, names: list[str], start: int, stop: int) -> Iterator[Events]:
        for first in range(start, stop, BLOCK):
            rng = np.random.default_rng((source.index, first))
            n = min(BLOCK, stop - first)
            columns = {name: rng.normal(source.index / 20, 1, n).astype("f4") for name in FEATURES}
            yield Events(columns).only(names)


def chain(entries: int = 500_000) -> Chain:
    """Standardize and a small network, one epoch."""
    reader = Wide(
        Sample("b", "-", label=0), Sample("s", "-", label=1), entries=entries,
        split=Split(train=0.9, validation=0.1, test=0.0),
    )  # fmt: skip
    network = Dense(inputs=["features"], layers=[8], output="score")
    return Chain(
        reader, Standardize(FEATURES, output="features"), Supervised(network=network, epochs=1, batch_size=4096)
    )


def status(name: str) -> float:
    """A line of ``/proc/self/status`` in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
