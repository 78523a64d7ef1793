"""One example or more of every installed algorithm and part, with the columns before it.

Modules beside this one that are called ``examples_<noun>`` bring more; all together are :func:`every_example`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hepdl.algorithms import (
    LBFGS,
    P4,
    SGD,
    Adam,
    AdamW,
    Categorical,
    Constant,
    Convolutional,
    Cosine,
    CrossEntropy,
    CsvReader,
    Define,
    Dense,
    Filter,
    ForEach,
    Fusion,
    GoldenJson,
    Group,
    Hdf5Reader,
    Hdf5Writer,
    ImageNetwork,
    JetImage,
    KullbackLeibler,
    MeanAbsoluteError,
    MeanSquaredError,
    MixtureDensity,
    ParquetReader,
    Particles,
    Pivot,
    PivotReport,
    RootReader,
    RootWriter,
    Stairs,
    Standardize,
    Supervised,
    TaggerReport,
    ToGeV,
    Warmup,
)
from hepdl.columns import ColumnType
from hepdl.contract import make_events
from hepdl.description import Description
from hepdl.events import Jagged
from hepdl.sources import Sample

FLOAT, JAGGED = ColumnType(), ColumnType(jagged=True)
IMAGE = {"image": ColumnType(shape=(2, 8, 8))}
FEATURES = ColumnType("float32", (3,), members=("a", "b", "c"))
TAGGING = {"features": FEATURES, "label": FLOAT, "mu": FLOAT}
GOLDEN = Path(__file__).parent / "golden.json"
DISTRIBUTION = {"target": ColumnType("float32", (4,))}


@dataclass
class Example:
    """A step or part, and what :func:`hepdl.contract.cases` is told about it."""

    description: Description
    columns: dict[str, ColumnType] | None = None
    how: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return type(self.description).__name__


def distributions() -> Any:
    """Events whose target is a distribution over four bins."""
    events = make_events([])
    shares = np.random.default_rng(1).dirichlet(np.ones(4), len(events)).astype(np.float32)
    return events.plus({"target": shares})


def constituents() -> Any:
    """Events with the lists of three constituents each, but none in the second one."""
    lengths = np.where(np.arange(len(make_events([]))) == 1, 0, 3)
    random = np.random.default_rng(2)
    lists = {name: random.normal(size=lengths.sum()).astype(np.float32) for name in ("eta", "phi")}
    lists["pt"] = random.exponential(size=lengths.sum()).astype(np.float32)
    return make_events([]).plus({name: Jagged.from_lengths(values, lengths) for name, values in lists.items()})


def pivot(**parameters: Any) -> Pivot:
    """A small duel."""
    few: dict[str, Any] = {"pretrain_epochs": 1, "pretrain_adversary_epochs": 1, "epochs": 2, "adversary_steps": 2}
    adversary = MixtureDensity(inputs=["score"], components=2, layers=[8])
    classifier = Dense(inputs=["features"], layers=[8])
    return Pivot(**({"classifier": classifier, "adversary": adversary, "nuisance": "mu"} | few | parameters))


EXAMPLES = [
    Example(Define("tau21", "tau2 / tau1")),
    Example(Define("n", "count(pt)"), {"pt": JAGGED}),
    Example(Define("leading", "max(pt[pt > 0.5])"), {"pt": JAGGED}),
    Example(Define("hard", "pt[pt > 0.5]"), {"pt": JAGGED}),
    Example(Filter("pt > 0 and abs(eta) < 2")),
    Example(Filter("count(pt) > 1"), {"pt": JAGGED}),
    Example(Group(["x", "features"], output="group"), {"x": FLOAT, "features": FEATURES}),
    Example(P4("J", pt="pt", eta="eta", phi="phi", mass="0.1"), dict.fromkeys(("pt", "eta", "phi"), FLOAT)),
    Example(P4("J", px="px", py="0.5", pz="1"), {"px": JAGGED, "J_energy": FLOAT}),
    Example(ForEach("J", columns=["J_pt"]), {"J_pt": JAGGED}),
    Example(Particles("particles", ["pt"], most=2, sort="-pt"), {"pt": JAGGED}),
    Example(ToGeV(["pt", "x"], unit="MeV"), {"pt": JAGGED, "x": ColumnType("int32")}),
    Example(GoldenJson(str(GOLDEN)), {"run": ColumnType("int32"), "luminosityBlock": ColumnType("int64")}),
    Example(Standardize(["particles"], output="x"), {"particles": ColumnType(shape=(3,), jagged=True)}),
    Example(Standardize(["x", "y"], output="features")),
    Example(Standardize(["x", "n"], output="features"), {"x": ColumnType("float64"), "n": ColumnType("int32")}),
    Example(
        JetImage(pt="pt", eta="eta", phi="phi", pixels=6),
        {"pt": JAGGED, "eta": JAGGED, "phi": JAGGED},
        {"events": constituents()},
    ),
    Example(Supervised(network=Dense(inputs=["features"], layers=[8])), TAGGING),
    Example(
        Supervised(
            network=Dense(inputs=["features"], layers=[8], batch_norm=True, dropout=0.1),
            negative_weights="drop",
            optimizer=SGD(rate=0.05, momentum=0.9),
            average=0.5,
            balance=True,
            clip=1.0,
        ),
        TAGGING,
    ),
    Example(
        Supervised(
            network=Dense(inputs=["features"], layers=[4], activation="tanh"),
            target="mu",
            loss=MeanSquaredError(),
            optimizer=LBFGS(iterations=3),
            batch_size=None,
            negative_weights="absolute",
        ),
        TAGGING,
    ),
    Example(pivot(only="label == 0"), TAGGING),
    Example(
        pivot(nuisance="period", adversary=Categorical(inputs=["score", "mu"], classes=5, layers=[8]), scan=[1.0]),
        TAGGING | {"period": ColumnType("int32")},
    ),
    Example(Dense(inputs=["features", "x"], layers=[8, 8]), {"features": FEATURES, "x": FLOAT}),
    Example(
        Dense(inputs=["x", "y"], layers=[8, 4], activation=["tanh", "leaky_relu"], dropout=0.2, layer_norm=True),
        None,
        {"outputs": 1},
    ),
    Example(Dense(inputs=["x", "y"], layers=[8], batch_norm=True)),
    Example(Dense(inputs=["x", "y"], layers=[])),
    Example(Convolutional(inputs=["image"], layers=[[4, 3], ["L2", 2], [4, 3, 2]], head=[8], batch_norm=True), IMAGE),
    Example(Convolutional(inputs=["x"], layers=[[4, 5], ["max", 2]]), {"x": ColumnType(shape=(12,))}),
    Example(Convolutional(inputs=["image"], layers=[["sparse", 4, 3], ["max", 2]], collect="clusters"), IMAGE),
    Example(ImageNetwork(inputs=["image"], architecture="ResNet-18", width=0.0625), IMAGE),
    Example(
        Fusion(
            networks=[Convolutional(inputs=["image"], layers=[[4, 3]], head=[]), Dense(inputs=["x"], layers=[4])],
            features=3,
            layers=[4],
        ),
        IMAGE | {"x": FLOAT},
    ),
    Example(MixtureDensity(inputs=["score"], components=3, layers=[8])),
    Example(Categorical(inputs=["score"], classes=5, layers=[8]), {"score": FLOAT, "target": ColumnType("int64")}),
    Example(CrossEntropy(), {"target": ColumnType("bool")}),
    Example(CrossEntropy(classes=5), {"target": ColumnType("int64")}),
    Example(MeanSquaredError()),
    Example(MeanAbsoluteError(), DISTRIBUTION),
    Example(KullbackLeibler(), DISTRIBUTION, {"events": distributions()}),
    Example(SGD(momentum=0.9, nesterov=True)),
    Example(Adam()),
    Example(AdamW()),
    Example(LBFGS()),
    Example(Constant()),
    Example(Cosine(start=0.5)),
    Example(Warmup(then=Cosine())),
    Example(Stairs()),
    Example(RootReader(Sample("w", "w_*.root", label=1), tree="jets")),
    Example(Hdf5Reader(Sample("w", "w_*.h5"), events="jets", rename={"w": {"pt": "jets.pt"}})),
    Example(ParquetReader(Sample("w", "@w.txt"), categories={"channel": ["ee", "mumu"]})),
    Example(CsvReader(Sample("w", "w.csv"), delimiter=";")),
    Example(RootWriter(columns=["score"])),
    Example(Hdf5Writer(columns=["score"])),
    Example(TaggerReport(score="score")),
    Example(PivotReport(score="score", plain="score_plain", nuisance="mu")),
]


def every_example() -> list[Example]:
    """Those of this module and of its neighbours."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("examples_*.py"))
    more = [importlib.import_module(f"tests.contract.{name}").EXAMPLES for name in names]
    return [*EXAMPLES, *(example for each in more for example in each)]
