"""The pack's algorithms pass the contract."""

from __future__ import annotations

import pytest
from hepdl_prepare.define import Define
from hepdl_prepare.filter import Filter
from hepdl_prepare.group import Group
from hepdl_prepare.p4 import P4
from hepdl_prepare.particles import Particles
from hepdl_prepare.standardize import Standardize
from hepdl_prepare.to_gev import ToGeV

from hepdl.columns import ColumnType
from hepdl.contract import cases
from tests.prepare.material import with_lists

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
    (Standardize(["tracks"], output="features"), {"tracks": ColumnType(shape=(3,), jagged=True)}),
    (Standardize(["part_pt"], output="features", weighted=False), PARTICLES),
    (ToGeV(["x", "part_pt"]), PARTICLES | {"x": ColumnType("int32")}),
]
TOGETHER = [P4("J"), P4("J", mass="0.1"), Particles("p", ["J_pt", "J_eta"], most=2, sort="-J_pt")]
JETS = with_lists("J_pt", "J_eta", "J_phi", "J_mass")


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


@pytest.mark.parametrize("step", TOGETHER, ids=lambda step: step.label)
def test_contract_with_lists_of_one_collection(step) -> None:
    for case in cases(step, {name: ColumnType(jagged=True) for name in JETS if name[1] == "_"}, JETS):
        case()
