"""Examples of what a network is asked for: answers for particles, several tasks at once, losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from hepdl.algorithms import (
    BinaryCrossEntropy,
    ClassesReport,
    CrossEntropy,
    Dense,
    FlavourReport,
    GaussianLikelihood,
    Huber,
    LogCosh,
    MeanSquaredError,
    MultiTask,
    Quantiles,
    RegressionReport,
    Supervised,
    Task,
    TemperatureScaling,
)
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


def answers() -> Any:
    """Events whose target are three answers, yes or no."""
    events = make_events([])
    answers = np.random.default_rng(1).integers(0, 2, (len(events), 3)).astype(np.float32)
    return events.plus({"target": answers})


def probabilities() -> Any:
    """Events with a probability, and with one for each of two classes."""
    events = make_events(["label"])
    score = np.random.default_rng(1).uniform(size=len(events)).astype(np.float32)
    return events.plus({"score": score, "scores": np.stack([1 - score, score], 1)})


EVENTS: dict[str, Any] = {"events": tracks()}
SCORES: dict[str, Any] = {"events": probabilities()}

FLAVOUR = [
    Task(target="label", output="flavour", balance=True),
    Task(target="origin", output="origin_score", loss=CrossEntropy(classes=3), level="particle", weight=0.5),
    Task(target="vertex", output="together", level="pair", layers=[]),
]
TRUNK = PARTICLE_NETWORK.replaced(answers="event")

EXAMPLES = [
    Example(FLAVOUR[1]),
    Example(MultiTask(network=TRUNK, tasks=FLAVOUR, features=4), TRACKS, EVENTS),
    Example(MultiTask(network=TRUNK, tasks=FLAVOUR, features=4, combine="uncertainty"), TRACKS, EVENTS),
    Example(
        MultiTask(
            network=Dense(inputs=["x"], layers=[4]),
            tasks=[Task(target="label", output="score"), Task(target="y", output="y_hat", loss=MeanSquaredError())],
            features=4,
        ),
        {"x": FLOAT, "y": FLOAT, "label": FLOAT},
    ),
    Example(
        Supervised(network=PARTICLE_NETWORK, target="origin", loss=CrossEntropy(classes=3), balance=True),
        TRACKS,
        EVENTS,
    ),
    Example(
        Supervised(network=Dense(inputs=["x"], layers=[8]), target="y", loss=Quantiles([0.1, 0.9], scale=2)),
        {"x": FLOAT, "y": FLOAT},
    ),
    Example(
        Supervised(network=Dense(inputs=["x"], layers=[8]), target="y", loss=GaussianLikelihood()),
        {"x": FLOAT, "y": FLOAT},
    ),
    Example(Dense(inputs=["x", "y"], layers=[2, 8, 8], activation=["prelu", "mish", "softsign"], residual=True)),
    Example(CrossEntropy(classes=5, temperature=2.0), {"target": ColumnType("int64")}),
    Example(BinaryCrossEntropy(), {"target": ColumnType(shape=(3,))}, {"events": answers()}),
    Example(MeanSquaredError(shift=1.0, scale=2.0)),
    Example(Huber(delta=0.5)),
    Example(LogCosh(), {"target": ColumnType(shape=(4,))}),
    Example(Quantiles()),
    Example(GaussianLikelihood(shift=1.0, scale=3.0)),
    Example(TemperatureScaling("score"), {"score": FLOAT, "label": FLOAT}, SCORES),
    Example(TemperatureScaling("scores"), {"scores": ColumnType(shape=(2,)), "label": FLOAT}, SCORES),
    Example(PARTICLE_NETWORK, TRACKS),
    Example(PARTICLE_NETWORK.replaced(answers="event", dropout=0.1), TRACKS, {"outputs": 1}),
    Example(RegressionReport(prediction="m_hat", target="m")),
    Example(ClassesReport(score="p", classes=["a", "b", "c"])),
    Example(FlavourReport(score="p", against="jet_pt")),
]
