from __future__ import annotations

import numpy as np
import pytest
from hepdl_networks.categorical import Categorical
from hepdl_networks.dense import Dense
from hepdl_networks.mixture_density import MixtureDensity
from hepdl_training.losses import CrossEntropy, KullbackLeibler, MeanAbsoluteError, MeanSquaredError
from hepdl_training.optimizers import LBFGS, SGD, Adam, AdamW
from hepdl_training.pivot import Pivot
from hepdl_training.schedules import Constant, Cosine, Stairs, Warmup
from hepdl_training.supervised import Supervised

from hepdl.columns import ColumnType
from hepdl.contract import Case, cases, shadow  # noqa: F401  (torch wants to know the device before any gradient)
from hepdl.events import Events

X = {"x": ColumnType(shape=(2,)), "z": ColumnType(), "label": ColumnType("float32")}
NET = Dense(inputs=["x"], layers=[8], activation="tanh")
SMALL = {"pretrain_epochs": 1, "pretrain_adversary_epochs": 1, "epochs": 1, "adversary_steps": 2}
PIVOT = Pivot(
    classifier=NET, adversary=MixtureDensity(inputs=["score"], layers=[8]), nuisance="z", only="label == 0",
    optimizer=SGD(), adversary_optimizer=SGD(), scan=[0.5], **SMALL,
)  # fmt: skip
DISCRETE = Categorical(inputs=["score"], layers=[8], classes=5)
SHARES = {"target": ColumnType(shape=(4,))}
PARTS = [
    CrossEntropy(classes=5), MeanSquaredError(), MeanAbsoluteError(), SGD(rate=0.1, momentum=0.5),
    Adam(rate=0.01), AdamW(rate=0.01), LBFGS(), Constant(), Cosine(start=0.3), Warmup(then=Cosine()), Stairs(),
]  # fmt: skip
ALL = [
    *cases(Supervised(network=NET, optimizer=SGD(), balance=True, clip=1.0, average=0.5), X),
    *cases(Supervised(network=NET, optimizer=SGD(), target="z", loss=MeanSquaredError(), negative_weights="drop"), X),
    *cases(PIVOT, X),
    *cases(PIVOT.replaced(adversary=DISCRETE, scan=[]), X | {"z": ColumnType("int32")}),
    *[case for part in PARTS for case in cases(part, {"target": ColumnType("int32")})],
    *cases(CrossEntropy(), {"target": ColumnType("bool")}),
    *cases(KullbackLeibler(), SHARES, Events({"target": np.full((20, 4), 0.25, np.float32)})),
]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.subject.label}-{case}")
def test_contract(case: Case) -> None:
    case()
