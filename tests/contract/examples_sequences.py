"""Examples of networks over sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepdl.algorithms import (
    AdaptiveComputation,
    Dense,
    Embedded,
    MixtureLikelihood,
    NeuralProgrammer,
    NeuralTuringMachine,
    NextInSequence,
    Recurrent,
    SequenceReport,
    SequenceToSequence,
)
from hepdl.columns import ColumnType
from hepdl.contract import make_events
from hepdl.events import Jagged
from tests.contract.examples import Example

PARTICLES = {"particles": ColumnType(shape=(3,), jagged=True)}


def questions() -> Any:
    """Tables and questions; some tables have no rows, and the second question no words."""
    events, random = make_events([]), np.random.default_rng(3)
    rows, words = random.integers(0, 5, len(events)), np.where(np.arange(len(events)) == 1, 0, 4)
    lists = {
        "table": (rows, random.normal(size=(rows.sum(), 2))),
        "words": (words, random.normal(size=(words.sum(), 3))),
        "number": (words, random.normal(size=words.sum())),
    }
    return events.plus({name: Jagged.from_lengths(v.astype(np.float32), n) for name, (n, v) in lists.items()})


def categories() -> Any:
    """Events whose particles have a category beside their features."""
    particles = make_events(PARTICLES)["particles"]
    codes = np.random.default_rng(4).integers(0, 5, len(particles.values)).astype(np.int32)
    return make_events([]).plus({"particles": particles, "pdgid": Jagged(codes, particles.offsets)})


EXAMPLES = [
    Example(Recurrent(inputs=["particles"], layers=[6], head=[4]), PARTICLES),
    Example(
        Recurrent(
            inputs=["particles", "mu"], cell="GRU", layers=[5, 4], bidirectional=True, dropout=0.1, collect="attention"
        ),
        PARTICLES | {"mu": ColumnType()},
    ),
    Example(Recurrent(inputs=["particles"], cell="tanh", layers=[5], bidirectional=True, collect="max"), PARTICLES),
    Example(AdaptiveComputation(inputs=["particles"], width=5, most=3, head=[]), PARTICLES),
    Example(NeuralTuringMachine(inputs=["particles"], width=6, slots=4, cells=3, heads=2, head=[]), PARTICLES),
    Example(
        NeuralProgrammer(inputs=["table"], question="words", number="number", steps=3, width=4),
        {
            "table": ColumnType(shape=(2,), jagged=True),
            "words": ColumnType(shape=(3,), jagged=True),
            "number": ColumnType(jagged=True),
        },
        {"outputs": 1, "events": questions()},
    ),
    Example(
        Embedded(network=Recurrent(inputs=["particles", "pdgid"], layers=[4]), vocabulary={"pdgid": [4, 0, 1, 2, 3]}),
        PARTICLES | {"pdgid": ColumnType("int32", jagged=True)},
        {"events": categories()},
    ),
    Example(
        Embedded(network=Dense(inputs=["x", "n"], layers=[4]), vocabulary={"n": 3}, width=2, unknown="other"),
        {"x": ColumnType(), "n": ColumnType("int64")},
    ),
    Example(
        NextInSequence(
            network=Recurrent(inputs=["particles", "mu"], layers=[4], answers="particle", output="next"),
            teacher=0.5,
            steps=3,
            seen=2,
            epochs=2,
            batch_size=16,
        ),
        PARTICLES | {"mu": ColumnType()},
    ),
    Example(
        NextInSequence(
            network=Recurrent(inputs=["pt"], layers=[4], answers="particle", output="next"),
            loss=MixtureLikelihood(components=2),
            steps=2,
            epochs=1,
        ),
        {"pt": ColumnType(jagged=True)},
    ),
    Example(Recurrent(inputs=["particles", "mu"], layers=[4], answers="particle"), PARTICLES | {"mu": ColumnType()}),
    Example(MixtureLikelihood(components=2), {"target": ColumnType(shape=(3,))}),
    Example(
        SequenceToSequence(inputs=["particles", "mu"], like="target", width=4),
        PARTICLES | {"mu": ColumnType(), "target": ColumnType(shape=(2,), jagged=True)},
    ),
    Example(
        SequenceToSequence(inputs=["mu"], like="target", width=4, cell="LSTM", teacher=False),
        {"mu": ColumnType(), "target": ColumnType(jagged=True)},
    ),
    Example(
        SequenceReport(sequence="hits", prediction="next"), dict.fromkeys(("hits", "next"), PARTICLES["particles"])
    ),
]
