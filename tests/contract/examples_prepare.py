"""Examples of the steps that prepare columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from hepdl.algorithms import (
    Balance,
    ClusteringOrder,
    Flatten,
    FromSklearn,
    LogScale,
    MinMax,
    OneHot,
    QuantileNormalize,
    RelativeTo,
    RobustScale,
)
from hepdl.columns import ColumnType
from hepdl.contract import make_events
from hepdl.events import Jagged
from tests.contract.examples import FLOAT, Example
from tests.prepare.material import with_lists

LIST = {"particles": ColumnType(shape=(3,), jagged=True)}
NUMBERS = [[0.0, 1.0], [1.0, 5.0], [2.0, 3.0]]

JAGGED = ColumnType(jagged=True)
JETS = {f"part.{name}": JAGGED for name in ("pt", "eta", "phi", "energy", "px", "py", "pz")}
AXIS = {f"jet.{name}": ColumnType() for name in ("pt", "eta", "phi", "energy")}


def jets() -> Any:
    """Events with lists of particles of equal lengths, and an axis each."""
    events = with_lists(*JETS)
    numbers = {name: np.abs(column.values) + 0.1 for name, column in events.items() if name in JETS}
    random = np.random.default_rng(3)
    axes = {name: random.uniform(0.5, 2, len(events)).astype(np.float32) for name in AXIS}
    lists = {name: Jagged(values, events["part.pt"].offsets) for name, values in numbers.items()}
    return make_events([], len(events)).plus(lists | axes)


EXAMPLES = [
    Example(OneHot("n", "class", values=[0, 1, 2, 3, 4]), {"n": ColumnType("int32")}),
    Example(OneHot("n", "class", values={"few": [0, 1], "2": [2]}, other=True), {"n": ColumnType("int16", (), True)}),
    Example(RelativeTo("part", "jet", mirror=True), JETS | AXIS, {"events": jets()}),
    Example(ClusteringOrder("part", "order", algorithm="kt"), JETS, {"events": jets()}),
    Example(Flatten(["pt", "mass"], bins=2, negative_weights="absolute"), {"pt": FLOAT, "mass": FLOAT, "label": FLOAT}),
    Example(Flatten(["pt"], bins=[[-1, 0, 2]], reference=1.0), {"pt": FLOAT, "label": FLOAT}),
    Example(Balance("label"), {"label": FLOAT}),
    Example(QuantileNormalize(["x", "y"], output="features", quantiles=20)),
    Example(QuantileNormalize(["particles"], output="features", distribution="uniform", quantiles=11), LIST),
    Example(RobustScale(["x", "y"], output="features", clip=[-3.0, 3.0])),
    Example(RobustScale(["particles"], output="features", weighted=False), LIST),
    Example(MinMax(["x", "t"], output="features", clip=[0.0, 1.0]), {"x": ColumnType(), "t": ColumnType("float64")}),
    Example(LogScale(["x", "y"], output="features")),
    Example(LogScale(["particles"], output="features", unit=0.5, standardize=False), LIST),
    Example(FromSklearn(StandardScaler().fit(NUMBERS), ["x", "y"], "features")),
    Example(FromSklearn(QuantileTransformer(n_quantiles=3).fit(NUMBERS), ["x", "y"], "features")),
]
