"""Examples of what a network is asked for: answers for particles, several tasks at once, losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepdl.algorithms import CrossEntropy, Supervised
from hepdl.columns import ColumnType
from hepdl.contract import make_events
from hepdl.events import Jagged
from tests.contract.examples import Example
from tests.contract.toys import Deep

FLOAT = ColumnType()
TRACKS = {
    "tracks": ColumnType(shape=(3,), jagged=True),
    "origin": ColumnType(jagged=True),
    "vertex": ColumnType("int32", jagged=True),
    "label": FLOAT,
    "mu": FLOAT,
}
PARTICLE_NETWORK = Deep(inputs=["tracks", "mu"], head=[4], activation="tanh", answers="particle")


def tracks() -> Any:
    """Events with lists of 0 to 5 tracks, each with an origin of 0 to 2 (some unknown) and the number of its vertex."""
    events = make_events({"mu": FLOAT, "label": FLOAT})
    random = np.random.default_rng(3)
    lengths = random.integers(0, 6, len(events))
    lengths[1] = 0
    n = int(lengths.sum())
    origin = np.where(random.random(n) < 0.1, np.nan, random.integers(0, 3, n)).astype(np.float32)
    columns = {"tracks": random.normal(size=(n, 3)).astype(np.float32), "origin": origin}
    columns["vertex"] = random.integers(-1, 2, n).astype(np.int32)
    return events.plus({name: Jagged.from_lengths(values, lengths) for name, values in columns.items()})


EVENTS: dict[str, Any] = {"events": tracks()}

EXAMPLES = [
    Example(
        Supervised(network=PARTICLE_NETWORK, target="origin", loss=CrossEntropy(classes=3), balance=True),
        TRACKS,
        EVENTS,
    ),
    Example(PARTICLE_NETWORK, TRACKS),
    Example(PARTICLE_NETWORK.replaced(answers="event", dropout=0.1), TRACKS, {"outputs": 1}),
]
