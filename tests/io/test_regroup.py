"""Regroup: events again, aligned with their file, with lists of what was found for each object."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
from hepdl_io.root_reader import RootReader
from hepdl_io.root_writer import RootWriter

from hepdl import Chain, Sample
from hepdl.algorithm import Step
from hepdl.algorithms import Define, Filter, ForEach, Regroup
from hepdl.data.cache import Cache
from hepdl.engine import run
from hepdl.errors import MissingColumn, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from tests.contract.toys import Shake
from tests.io.test_for_each import NANO, events, friend, go, nano
from tests.memory import Centre, Collect

SCORE = Centre(column="FatJet_mass", output="score")


def regrouped(path: str, *steps: Step, columns: tuple[str, ...] = ("score",), cache: Cache | None = None) -> Events:
    reader = RootReader(Sample("top", path, label=1), tree="Events", identity=["event"])
    run(Chain(reader, ForEach("FatJet"), *steps, Collect(columns=list(columns))), Job(cache=cache))
    return Collect.seen[0]


def lists(column: Jagged) -> list[list[float]]:
    return ak.to_list(column.awkward())


def test_lists_of_scores_in_events(tmp_path: Path) -> None:
    path = nano(tmp_path / "a.root")
    found = regrouped(path, SCORE, Regroup(), columns=("score", "FatJet_pt", "met", "Jet_pt", "event"))
    file = events(path, "met", "Jet_pt")
    file = file[file.nFatJet > 0]
    np.testing.assert_array_equal(found["event"], file.event)
    np.testing.assert_array_equal(found["met"], file.met)
    assert lists(found["FatJet_pt"]) == ak.to_list(file.FatJet_pt)
    assert lists(found["Jet_pt"]) == ak.to_list(file.Jet_pt)  # a list of the event stays what it is
    mean = np.mean(ak.flatten(file.FatJet_mass) - found["score"].values)
    np.testing.assert_allclose(ak.flatten(file.FatJet_mass) - found["score"].values, mean, rtol=1e-4)
    assert "object" not in found


def test_the_ledger_accounts_for_all(tmp_path: Path) -> None:
    """Entries: rejected before, without an object left, rejected behind, selected; objects: rejected, regrouped."""
    path = nano(tmp_path / "a.root", n=200)
    steps = Filter("met > -1"), ForEach("FatJet"), Filter("FatJet_pt > 50", name="hard"), SCORE, Regroup()
    ledger = go(tmp_path / "run", path, *steps, Filter("max(score) > 0", name="found"), writer=RootWriter(["score"]))
    file = events(path, "met")
    file = file[file.met > -1]
    hard = file.FatJet_pt > 50
    (account,) = ledger.files
    assert account.rejected["Regroup"] == ak.sum(~ak.any(hard, axis=1))
    assert account.rejected_objects == {"hard": ak.sum(~hard)}
    assert account.regrouped == ledger.totals()["regrouped"] == ak.sum(hard)
    assert account.selected == 200 - sum(account.rejected.values()) > 0
    assert set(account.rejected) == {"Filter", "Regroup", "found"}


def test_a_friend_has_a_row_an_event(tmp_path: Path) -> None:
    path = nano(tmp_path / "a.root")
    steps = ForEach("FatJet"), SCORE, Regroup(), Define("best", "max(score)"), Define("n", "count(score)")
    go(tmp_path / "run", path, *steps, writer=RootWriter(["score", "best", "n"]))
    scores, file = friend(tmp_path / "run", "a.root"), events(path)
    np.testing.assert_array_equal(ak.num(scores.score), file.nFatJet)  # every list is in line with its collection
    np.testing.assert_array_equal(scores.hepdl_split == -1, file.nFatJet == 0)
    has = np.asarray(file.nFatJet > 0)
    np.testing.assert_array_equal(scores.best[has], ak.max(scores.score, axis=1)[has])


def test_what_learns_behind_it_learns_from_events(tmp_path: Path) -> None:
    path = nano(tmp_path / "a.root", n=100)
    steps = SCORE, Regroup(), Define("best", "max(score)"), Centre(column="best", output="centred", name="second")
    found = regrouped(path, *steps, columns=("best", "centred"))
    assert len(found) == ak.sum(events(path).nFatJet > 0)
    train = found["part"] == 0
    np.testing.assert_allclose(found["best"] - found["centred"], found["best"][train].mean(), rtol=1e-4)


def test_cold_warm_and_no_cache(tmp_path: Path) -> None:
    path, cache = nano(tmp_path / "a.root"), Cache(tmp_path / "cache")
    one, two, three = (regrouped(path, SCORE, Regroup(), cache=each) for each in (None, cache, cache))
    for other in (two, three):
        np.testing.assert_array_equal(one["score"].values, other["score"].values)
        np.testing.assert_array_equal(one["score"].offsets, other["score"].offsets)


def test_a_file_without_objects(tmp_path: Path) -> None:
    paths = [nano(tmp_path / "a.root", most=1), nano(tmp_path / "b.root", seed=2)]
    ledger = go(tmp_path / "run", paths, ForEach("FatJet"), SCORE, Regroup(), writer=RootWriter(["score"]))
    assert ledger.files[0].selected == 0
    assert ledger.files[0].rejected == {"Regroup": 30}
    assert len(friend(tmp_path / "run", "a.root")) == 30
    json.dumps(ledger.to_json())


def test_where_it_may_stand(tmp_path: Path) -> None:
    path = nano(tmp_path / "a.root")
    reader = RootReader(Sample("top", path), tree="Events")
    with pytest.raises(WiringError, match="Regroup makes events of objects, but no step before it makes objects"):
        Chain(reader, Regroup())
    with pytest.raises(WiringError, match="second makes events of objects, but Regroup has made events of them"):
        Chain(reader, ForEach("FatJet"), Regroup(), Regroup(name="second"))
    with pytest.raises(WiringError, match="Regroup changes what Collect would see; put Collect behind Regroup"):
        Chain(reader, ForEach("FatJet"), Collect(), Regroup())
    with pytest.raises(MissingColumn, match="Centre: there is no column 'object'"):
        Chain(reader, ForEach("FatJet"), Regroup(), Centre(column="object")).check()
    with pytest.raises(WiringError, match="second would train on 'shaken', whose variation ends where Regroup changes"):
        steps = Shake("FatJet_mass"), Regroup(), Define("best", "max(shaken)")
        Chain(reader, ForEach("FatJet"), *steps, Centre(column="best", name="second")).check()


def test_nanoaod(tmp_path: Path, real: Callable[[str], str]) -> None:
    path = real(NANO)
    steps = ForEach("Jet"), Define("hardness", "Jet_pt / 2"), Regroup(), Define("best", "max(hardness)")
    where = {"tree": "Events", "identity": ("run", "luminosityBlock", "event")}
    go(tmp_path / "run", path, *steps, writer=RootWriter(["hardness", "best"]), **where)
    with uproot.open(path) as file:
        jets = file["Events"].arrays(["nJet", "Jet_pt"])
    scores = friend(tmp_path / "run", Path(path).name)
    np.testing.assert_array_equal(ak.num(scores.hardness), jets.nJet)
    np.testing.assert_allclose(ak.flatten(scores.hardness), ak.flatten(jets.Jet_pt) / 2)
