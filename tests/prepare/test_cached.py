"""What host steps make is the same from a cold cache, a warm one and without; a changed side file is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hepdl_prepare.define import Define
from hepdl_prepare.filter import Filter
from hepdl_prepare.golden_json import GoldenJson
from hepdl_prepare.p4 import P4
from hepdl_prepare.particles import Particles
from hepdl_prepare.to_gev import ToGeV

from hepdl import Chain
from hepdl.algorithm import Step
from hepdl.data.cache import Cache
from hepdl.engine import run
from hepdl.events import Events, Jagged
from hepdl.job import Job
from tests.memory import FILES, Collect, MemoryReader, sample
from tests.prepare.material import with_lists

NAMES = ("J_pt", "J_eta", "J_phi", "J_mass")
BRANCHES: list[str] = []


class Noting(MemoryReader):
    """Notes which branches are decoded."""

    def blocks(self, source, names, start, stop):
        BRANCHES[:] = names
        yield from super().blocks(source, names, start, stop)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    BRANCHES.clear()
    return Cache(tmp_path / "cache")


def collected(cache: Cache | None, *steps: Step, columns: list[str]) -> Events:
    reader = Noting(sample("a", 96, 1), identity=["event"])
    lists = with_lists(*NAMES)
    FILES["a.mem"] |= {name: lists[name] for name in NAMES}
    FILES["a.mem"] |= {"run": np.full(96, 7), "lumi": np.arange(96)}
    run(Chain(reader, *steps, Collect(columns=columns)), Job(cache=cache))
    return Collect.seen[0]


def test_cold_warm_and_none_are_bit_identical(cache: Cache) -> None:
    steps = (
        ToGeV(["J_pt", "J_mass"]),
        P4("J"),
        Filter("sum(J).pt > 0.0005"),
        Define("m", "(J[0] + J[-1]).mass"),
        Particles("p", ["J.*", "!J.p", "!J.rapidity"], most=2, sort="-J.pt"),
    )
    runs = [collected(each, *steps, columns=["m", "p"]) for each in (None, cache, cache)]
    assert 0 < len(runs[0]) < 96
    for one in runs[1:]:
        np.testing.assert_array_equal(one["m"], runs[0]["m"])
        assert isinstance(one["p"], Jagged)
        np.testing.assert_array_equal(one["p"].values, runs[0]["p"].values)
        np.testing.assert_array_equal(one["p"].offsets, runs[0]["p"].offsets)


def test_only_the_branches_that_are_needed_are_decoded(cache: Cache) -> None:
    collected(cache, P4("J"), Define("far", "max(J.eta)"), columns=["far"])
    assert BRANCHES == ["event", "J_pt", "J_eta"]


def test_a_changed_golden_json_is_another_selection(cache: Cache, tmp_path: Path) -> None:
    golden, counts = tmp_path / "golden.json", []
    for last in (9, 19):
        golden.write_text(json.dumps({"7": [[0, last]]}))
        counts.append(len(collected(cache, GoldenJson(str(golden), lumi="lumi"), columns=[])))
    assert counts == [10, 20]
