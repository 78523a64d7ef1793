"""ToGeV converts what it is told to, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hepdl_prepare.define import Define
from hepdl_prepare.filter import Filter
from hepdl_prepare.to_gev import ToGeV

from hepdl import Chain
from hepdl.columns import Columns, ColumnType
from hepdl.engine import run
from hepdl.errors import ColumnClash, ParameterError, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from tests.memory import FILES, Collect, MemoryReader, sample

COLUMNS = Columns(
    pt=ColumnType("float32"), n=ColumnType("int32"), part_pt=ColumnType("float64", jagged=True),
    e=ColumnType(unit="GeV"), ok=ColumnType("bool"),
)  # fmt: skip


def test_values_and_types() -> None:
    step = ToGeV(["pt", "n", "part_pt"], unit="MeV")
    block = Events(
        {
            "pt": np.array([1500], np.float32),
            "n": np.array([2000], np.int32),
            "part_pt": Jagged.from_lengths(np.array([1.0, 2.0]), np.array([2])),
        }
    )
    made = step.execute(block)
    assert (made["pt"].tolist(), made["n"].tolist(), made["part_pt"].values.tolist()) == ([1.5], [2.0], [0.001, 0.002])
    kinds = step.declare(COLUMNS)
    assert {name: kind.dtype for name, kind in kinds.items()} == {"pt": "float32", "n": "float64", "part_pt": "float64"}
    assert {kind.unit for kind in kinds.values()} == {"GeV"}


def test_new_names() -> None:
    step = ToGeV(["pt"], unit="TeV", replace=False)
    assert step.wired("output") == list(step.declare(COLUMNS)) == ["pt_GeV"]


def test_steps_behind_it_see_gev() -> None:
    reader = MemoryReader(sample("a", 40, 1), identity=["event"])
    steps = Define("before", "pt"), ToGeV(["p?"], "TeV"), Filter("pt > 20 * TeV"), Define("after", "pt")
    run(Chain(reader, *steps, Collect(columns=["before", "after"])), Job())
    pt = FILES["a.mem"]["pt"]
    np.testing.assert_allclose(Collect.seen[0]["before"], pt[pt > 20])
    np.testing.assert_allclose(Collect.seen[0]["after"], pt[pt > 20] * 1000)


def test_what_is_refused() -> None:
    with pytest.raises(WiringError, match="ToGeV: column 'e' is in GeV, not in MeV"):
        ToGeV(["e"]).declare(COLUMNS)
    with pytest.raises(WiringError, match="ToGeV: column 'ok' is bool, which is no energy"):
        ToGeV(["ok"]).declare(COLUMNS)
    with pytest.raises(ParameterError, match="ToGeV.unit: should be 'keV', 'MeV' or 'TeV'"):
        ToGeV(["pt"], unit="mm")
    reader = MemoryReader(sample("a", 40, 1))
    with pytest.raises(ColumnClash, match="pt_GeV"):
        Chain(reader, Define("pt_GeV", "pt"), ToGeV(["pt"], replace=False)).wire(COLUMNS)
