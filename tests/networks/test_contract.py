from __future__ import annotations

import pytest
from hepdl_networks.categorical import Categorical
from hepdl_networks.dense import Dense
from hepdl_networks.mixture_density import MixtureDensity

from hepdl.columns import ColumnType
from hepdl.contract import Case, cases, shadow  # noqa: F401  (torch wants to know the device before any gradient)

DENSE = Dense(inputs=["x", "y"], layers=[8, 8], activation=["tanh", "gelu"], layer_norm=True)
LABELLED = {"score": ColumnType(), "target": ColumnType("int64")}
ALL = [
    *cases(DENSE, {"x": ColumnType(shape=(3,)), "y": ColumnType("int32")}, outputs=3),
    *cases(MixtureDensity(inputs=["score"])),
    *cases(Categorical(inputs=["score"], classes=5), LABELLED),
]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.subject.label}-{case}")
def test_contract(case: Case) -> None:
    case()
