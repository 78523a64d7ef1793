"""Examples of networks over sets of particles."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepdl.algorithms import DeepSets, EnergyFlowNetwork, LorentzNetwork, ParticleTransformer, Supervised
from hepdl.columns import ColumnType
from hepdl.contract import make_events
from hepdl.description import Description
from hepdl.events import Events, Jagged
from tests.contract.examples import Example

NUMBER = ColumnType(jagged=True)
COLUMNS = {
    "pt": NUMBER,
    "eta": NUMBER,
    "phi": NUMBER,
    "mass": NUMBER,
    "wide": ColumnType(shape=(3,), jagged=True),
    "x": ColumnType(),
    "label": ColumnType(),
}


def particles() -> Events:
    """Events of up to five particles, whose lists have equal lengths."""
    events, random = make_events({"x": ColumnType(), "label": ColumnType()}), np.random.default_rng(4)
    lengths = random.integers(0, 6, len(events))
    shapes = {"pt": (), "eta": (), "phi": (), "mass": (), "wide": (3,)}
    values = {name: random.normal(size=(lengths.sum(), *shape)).astype("f4") for name, shape in shapes.items()}
    values |= {name: 5 * np.abs(values[name]) for name in ("pt", "mass")}
    return events.plus({name: Jagged.from_lengths(each, lengths) for name, each in values.items()})


def example(description: Description, **how: Any) -> Example:
    """With the same events for all."""
    return Example(description, COLUMNS, {"events": particles()} | how)


EXAMPLES = [
    example(DeepSets(inputs=["pt", "wide", "x"], layers=[8, 6], head=[5])),
    example(DeepSets(inputs=["wide", "eta"], layers=[6], collect="max", batch_norm=True)),
    example(DeepSets(inputs=["wide"], layers=[6], collect="attention")),
    example(EnergyFlowNetwork(inputs=["eta", "phi"], weight="pt", layers=[8, 6], head=[5])),
    example(
        ParticleTransformer(
            inputs=["wide", "x"],
            momenta=["pt", "eta", "phi", "mass"],
            components="polar",
            width=8,
            heads=2,
            blocks=2,
            embed=[6],
            pair_embed=[4],
            dropout=0.0,
        )
    ),
    example(ParticleTransformer(inputs=["pt"], width=8, heads=2, blocks=1, collect="max", dropout=0.0)),
    example(
        LorentzNetwork(
            inputs=["mass"], momenta=["pt", "eta", "phi", "mass"], components="polar", width=8, blocks=2, head=[4]
        )
    ),
    example(  # through the batches of a training: lengths stay known on the host
        Supervised(
            network=ParticleTransformer(
                inputs=["wide"],
                momenta=["pt", "eta", "phi", "mass"],
                components="polar",
                width=8,
                heads=2,
                blocks=1,
                embed=[6],
                pair_embed=[4],
                dropout=0.0,
            ),
            epochs=1,
        )
    ),
]
