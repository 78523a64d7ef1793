"""The pack's algorithms pass the contract."""

from __future__ import annotations

import pytest
from hepdl_prepare.define import Define
from hepdl_prepare.filter import Filter
from hepdl_prepare.group import Group
from hepdl_prepare.standardize import Standardize

from hepdl.columns import ColumnType
from hepdl.contract import cases

PARTICLES = {"part_pt": ColumnType(jagged=True), "pt": ColumnType()}
STEPS = [
    (Define("ratio", "x / (1 + y * y)"), None),
    (Define("fraction", "part_pt / pt"), PARTICLES),
    (Define("leader", "part_pt[:, 0] + count(part_pt > 1)"), PARTICLES),
    (Filter("x > 0 and y < 1"), None),
    (Filter("any(part_pt > 1)"), PARTICLES),
    (Group(["x", "y"], output="features"), None),
    (Standardize(["x", "y"], output="features"), None),
    (Standardize(["x", "y"], output="features", weighted=False), None),
]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{type(step).__name__}{number}-{case}")
        for number, (step, kinds) in enumerate(STEPS)
        for case in cases(step, kinds)
    ],
)
def test_contract(case) -> None:
    case()
