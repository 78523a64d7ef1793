"""Examples of graph networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepdl.algorithms import ParticleNet, ParticleNetLite
from hepdl.columns import ColumnType
from hepdl.contract import make_events
from hepdl.events import Jagged
from tests.contract.examples import Example

PARTICLES = {"particles": ColumnType(shape=(4,), jagged=True), "angles": ColumnType(shape=(2,), jagged=True)}


def jets() -> Any:
    """Events with lists of up to seven particles, none in the second one."""
    events = make_events([])
    random = np.random.default_rng(3)
    lengths = np.where(np.arange(len(events)) == 1, 0, random.integers(0, 8, len(events)))
    lists = {
        name: Jagged.from_lengths(random.normal(size=(lengths.sum(), *kind.shape)).astype(np.float32), lengths)
        for name, kind in PARTICLES.items()
    }
    return events.plus(lists)


def example(network: Any) -> Example:
    """A network on those events."""
    return Example(network, PARTICLES, {"events": jets()})


SMALL: dict[str, Any] = {"coordinates": "angles", "k": 3, "head": [8], "dropout": 0.0}
EXAMPLES = [
    example(ParticleNet(inputs=["particles"], blocks=[[8, 8], [8]], **SMALL)),
    example(ParticleNetLite(inputs=["particles", "angles"], blocks=[[8, 4]], **SMALL)),
]
