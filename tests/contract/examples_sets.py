"""Examples of networks over sets of particles."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepdl.algorithms import DeepSets, EnergyFlowNetwork
from hepdl.columns import ColumnType
from hepdl.contract import make_events
from hepdl.description import Description
from hepdl.events import Events, Jagged
from tests.contract.examples import Example

NUMBER = ColumnType(jagged=True)
COLUMNS = {"pt": NUMBER, "eta": NUMBER, "phi": NUMBER, "wide": ColumnType(shape=(3,), jagged=True), "x": ColumnType()}


def particles() -> Events:
    """Events of up to five particles, whose lists have equal lengths."""
    events, random = make_events({"x": ColumnType()}), np.random.default_rng(4)
    lengths = random.integers(0, 6, len(events))
    shapes = {"pt": (), "eta": (), "phi": (), "wide": (3,)}
    values = {name: random.normal(size=(lengths.sum(), *shape)).astype("f4") for name, shape in shapes.items()}
    values["pt"] = 5 * np.abs(values["pt"])
    return events.plus({name: Jagged.from_lengths(each, lengths) for name, each in values.items()})


def example(description: Description, **how: Any) -> Example:
    """With the same events for all."""
    return Example(description, COLUMNS, {"events": particles()} | how)


EXAMPLES = [
    example(DeepSets(inputs=["pt", "wide", "x"], layers=[8, 6], head=[5])),
    example(DeepSets(inputs=["wide", "eta"], layers=[6], collect="max", batch_norm=True)),
    example(EnergyFlowNetwork(inputs=["eta", "phi"], weight="pt", layers=[8, 6], head=[5])),
]
