"""Examples of graph networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepdl.algorithms import EdgeList, GraphNetwork, InteractionNetwork, ParticleNet, ParticleNetLite, Supervised
from hepdl.columns import ColumnType
from hepdl.contract import make_events
from hepdl.events import Jagged
from tests.contract.examples import Example

PARTICLES = {"particles": ColumnType(shape=(4,), jagged=True), "angles": ColumnType(shape=(2,), jagged=True)}
EDGES = {"edges": ColumnType("int64", (2,), jagged=True)}
TRUE = {"true": ColumnType(jagged=True), "label": ColumnType()}
ENDS = {name: ColumnType("int32", jagged=True) for name in ("begin", "end")}


def jets() -> Any:
    """Events with lists of up to seven particles, none in the second one, and a ring of edges among them."""
    events = make_events([])
    random = np.random.default_rng(3)
    lengths = np.where(np.arange(len(events)) == 1, 0, random.integers(0, 8, len(events)))
    lists = {
        name: Jagged.from_lengths(random.normal(size=(lengths.sum(), *kind.shape)).astype(np.float32), lengths)
        for name, kind in PARTICLES.items()
    }
    pairs = np.array([[i, (i + 1) % n] for n in lengths for i in range(n)])
    ends = {name: pairs[:, i].astype(np.int32) for i, name in enumerate(ENDS)}
    lists |= {name: Jagged.from_lengths(values, lengths) for name, values in ends.items()}
    lists["true"] = Jagged.from_lengths(random.integers(0, 2, lengths.sum()).astype(np.float32), lengths)
    return events.plus(lists | {"label": make_events(["label"])["label"], "edges": Jagged.from_lengths(pairs, lengths)})


def example(network: Any) -> Example:
    """A network on those events."""
    return Example(network, PARTICLES | EDGES, {"events": jets()})


SMALL: dict[str, Any] = {"coordinates": "angles", "k": 3, "head": [8], "dropout": 0.0}
NEAR: dict[str, Any] = {"inputs": ["particles"], "coordinates": "angles", "k": 3, "widths": [8, 4], "head": [4]}
ALONG: dict[str, Any] = {"inputs": ["particles"], "graph": "edges", "edges": "edges"}
EXAMPLES = [
    Example(
        EdgeList("made", source="begin", target="end", particles="angles", both_ways=True),
        ENDS | PARTICLES,
        {"events": jets()},
    ),
    *(example(GraphNetwork(kind=kind, **NEAR)) for kind in ("GCN", "GAT", "EdgeConv", "GIN")),
    *(example(GraphNetwork(kind=kind, graph="radius", radius=0.8, **NEAR)) for kind in ("GATv2", "SAGE")),
    example(GraphNetwork(**ALONG, widths=[8])),
    example(InteractionNetwork(inputs=["particles"], steps=2)),
    example(GraphNetwork(inputs=["particles"], graph="full", answers="particle")),
    example(InteractionNetwork(**ALONG, answers="edge")),
    Example(
        Supervised(network=GraphNetwork(**ALONG, answers="edge", widths=[8]), target="true"),
        PARTICLES | EDGES | TRUE,
        {"events": jets()},
    ),
    example(ParticleNet(inputs=["particles"], blocks=[[8, 8], [8]], **SMALL)),
    example(ParticleNetLite(inputs=["particles", "angles"], blocks=[[8, 4]], **SMALL)),
]
