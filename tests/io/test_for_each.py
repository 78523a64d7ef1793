"""Training per object from event files: friends are lists in line with the collection, for every entry of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot
from hepdl_io.hdf5_writer import Hdf5Writer
from hepdl_io.root_reader import RootReader
from hepdl_io.root_writer import RootWriter

from hepdl import Chain, Sample
from hepdl.algorithm import Step
from hepdl.algorithms import Define, Filter, ForEach, Particles
from hepdl.data.cache import Cache
from hepdl.engine import run
from hepdl.errors import WiringError
from hepdl.job import Job
from hepdl.ledger import Ledger
from tests.memory import Centre

NANO = "scikit-hep/nanoAOD_2015_CMS_Open_Data_ttbar.root"
SCORE = Define("score", "FatJet_mass")


def nano(path: Path, n: int = 30, seed: int = 1, most: int = 4) -> str:
    """A file that looks like NanoAOD: fat jets and jets with counters, plain branches."""
    random = np.random.default_rng(seed)

    def lists(lengths: np.ndarray) -> ak.Array:
        return ak.unflatten(random.exponential(100, lengths.sum()).astype("f4"), lengths)

    lengths = random.integers(0, most, n)
    fat, jets = ak.zip({"pt": lists(lengths), "mass": lists(lengths)}), ak.zip({"pt": lists(random.integers(0, 3, n))})
    columns = {"event": np.arange(seed * 1000, seed * 1000 + n), "met": random.normal(size=n)}
    lists_of = {"FatJet": fat, "Jet": jets}
    with uproot.recreate(path) as file:
        kinds = {name: c.dtype for name, c in columns.items()} | {name: c.type.content for name, c in lists_of.items()}
        file.mktree("Events", kinds).extend(columns | lists_of)
    return str(path)


def go(
    folder: Path, files: str | list[str], *steps: Step, writer: Step | None = None, tree: str = "Events",
    identity: tuple[str, ...] = ("event",), cache: Cache | None = None, **limits: Any,
) -> Ledger:  # fmt: skip
    """Run a chain that scores objects."""
    folder.mkdir()
    reader = RootReader(Sample("top", files), tree=tree, identity=list(identity))
    return run(Chain(reader, *steps, writer or RootWriter(["score"])), Job(folder=folder, cache=cache), **limits).ledger


def friend(folder: Path, name: str) -> ak.Array:
    with uproot.open(folder / "scores" / "top" / name) as file:
        return file["hepdl"].arrays()


def events(path: str, *more: str) -> ak.Array:
    with uproot.open(path) as file:
        return file["Events"].arrays(["event", "nFatJet", "FatJet_pt", "FatJet_mass", *more])


def test_friends_have_a_value_for_every_object(tmp_path: Path) -> None:
    files = [nano(tmp_path / f"{i}.root", seed=i) for i in (1, 2)]
    go(
        tmp_path / "run", files,
        Filter("met > -0.5"), ForEach("FatJet"), Filter("FatJet_pt > 80", name="hard"), SCORE,
    )  # fmt: skip
    for path in files:
        made, true = friend(tmp_path / "run", Path(path).name), events(path, "met")
        assert made["nscore"].to_list() == made["nhepdl_split"].to_list() == true["nFatJet"].to_list()
        selected = (true["met"] > -0.5) & (true["FatJet_pt"] > 80)
        assert made["score"].to_list() == ak.where(selected, true["FatJet_mass"], np.float32(-999)).to_list()
        assert (made["hepdl_split"] >= 0).to_list() == selected.to_list()
        assert made["event"].to_list() == true["event"].to_list()
        assert made["hepdl_entry"].to_list() == list(range(len(true)))
        assert max(len(set(parts) - {-1}) for parts in made["hepdl_split"].to_list()) == 1


def test_the_ledger_accounts_for_entries_and_objects(tmp_path: Path) -> None:
    path = nano(tmp_path / "1.root")
    totals = go(tmp_path / "run", path, Filter("met > 0"), ForEach("FatJet"), SCORE).totals()
    true = events(path, "met")
    kept = true[true["met"] > 0]
    assert (totals["rejected"], totals["expanded"]) == (len(true) - len(kept), len(kept))
    assert totals["objects"] == totals["selected"] == int(ak.sum(kept["nFatJet"]))


def test_a_learned_score(tmp_path: Path) -> None:
    path = nano(tmp_path / "1.root")
    go(tmp_path / "run", path, ForEach("FatJet"), Centre(column="FatJet_pt", output="score"))
    made, true = friend(tmp_path / "run", "1.root"), events(path)
    values = ak.to_numpy(ak.flatten(true["FatJet_pt"]))
    mean = values[ak.to_numpy(ak.flatten(made["hepdl_split"])) == 0].mean(dtype="f8")
    np.testing.assert_allclose(ak.flatten(made["score"]), values - mean, rtol=1e-4, atol=1e-3)


def test_entries_that_were_not_read_have_empty_lists(tmp_path: Path) -> None:
    files = [nano(tmp_path / f"{i}.root", seed=i) for i in (1, 2)]
    go(tmp_path / "run", files, ForEach("FatJet"), SCORE, limit=10, skip=5)
    made, true = friend(tmp_path / "run", "1.root"), events(files[0])
    inside = (np.arange(30) >= 5) & (np.arange(30) < 15)
    assert made["nscore"].to_list() == np.where(inside, true["nFatJet"], 0).tolist()
    assert made["score"][5:15].to_list() == true["FatJet_mass"][5:15].to_list()
    assert made["event"].to_list() == np.where(inside, true["event"], -1).tolist()
    assert friend(tmp_path / "run", "2.root")["score"].to_list() == [[]] * 30


def test_a_file_without_objects_and_one_without_selected_ones(tmp_path: Path) -> None:
    files = [nano(tmp_path / "0.root", seed=4, most=1), nano(tmp_path / "1.root"), nano(tmp_path / "2.root", seed=2)]
    go(tmp_path / "run", files, Filter("event < 2000 or event >= 4000"), ForEach("FatJet"), SCORE)
    assert friend(tmp_path / "run", "0.root")["score"].to_list() == [[]] * 30
    assert friend(tmp_path / "run", "1.root")["score"].to_list() == events(files[1])["FatJet_mass"].to_list()
    rejected = ak.full_like(events(files[2])["FatJet_mass"], -999).to_list()
    assert friend(tmp_path / "run", "2.root")["score"].to_list() == rejected


def test_into_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = nano(tmp_path / "1.root")
    steps = ForEach("FatJet"), Filter("FatJet_pt > 80"), SCORE
    go(tmp_path / "run", path, *steps, writer=Hdf5Writer(["score"], also=["met", "objects"]))
    true = events(path)
    with h5py.File(tmp_path / "run" / "scores" / "top" / "1.root.h5") as file:
        scores = [list(one) for one in file["hepdl/score"]]
        numbers = [set(one) - {-999} for one in file["hepdl/objects"]]
    assert scores == ak.where(true["FatJet_pt"] > 80, true["FatJet_mass"], np.float32(-999)).to_list()
    assert all(not found or found == {n} for found, n in zip(numbers, true["nFatJet"], strict=True))


def test_friends_can_be_read_beside_the_events(tmp_path: Path) -> None:
    path = nano(tmp_path / "1.root")
    go(tmp_path / "run", path, ForEach("FatJet"), SCORE)
    reader = RootReader(
        Sample("top", path), tree="Events", identity=["event"],
        friends=[str(tmp_path / "run/scores/{sample}/{name}:hepdl")],
    )  # fmt: skip
    steps = ForEach("FatJet", columns=["FatJet_*", "score"]), Filter("score == FatJet_mass")
    ledger = run(Chain(reader, *steps), Job()).ledger
    assert ledger.totals()["rejected_objects"] == 0


def test_lists_of_lists_are_refused(tmp_path: Path) -> None:
    path = nano(tmp_path / "1.root")
    with pytest.raises(WiringError, match="column 'Jet_pt' is a list for each object, and lists of lists cannot be"):
        go(tmp_path / "run", path, ForEach("FatJet"), writer=RootWriter(["Jet_pt"]))
    with pytest.raises(WiringError, match="column 'near' is a list for each object"):
        go(tmp_path / "other", path, ForEach("FatJet"), Particles("near", ["Jet_pt"]), writer=RootWriter(["near"]))


@pytest.mark.parametrize("collection", ["FatJet", "Jet", "Muon"])
def test_nanoaod(tmp_path: Path, real: Any, collection: str) -> None:
    path, pt = real(NANO), f"{collection}_pt"
    steps = Filter("nJet > 4"), ForEach(collection), Filter(f"{pt} > 30", name="hard")
    met = Define("met", "1.0 * MET_pt")
    identity = ("run", "luminosityBlock", "event")
    go(tmp_path / "run", path, met, *steps, Define("score", f"{pt} / met"), identity=identity)
    with uproot.open(path) as file:
        true = file["Events"].arrays([pt, f"n{collection}", "nJet", "MET_pt"])
    made = friend(tmp_path / "run", Path(path).name)
    assert made["nscore"].to_list() == true[f"n{collection}"].to_list()
    selected = (true["nJet"] > 4) & (true[pt] > 30)
    assert (made["hepdl_split"] >= 0).to_list() == selected.to_list()
    expected = ak.where(selected, true[pt] / true["MET_pt"], -999)
    np.testing.assert_allclose(ak.flatten(made["score"]), ak.flatten(expected), rtol=1e-6)


def test_friends_of_a_cold_and_a_warm_cache_are_the_same(tmp_path: Path) -> None:
    path, cache = nano(tmp_path / "1.root"), Cache(tmp_path / "cache")
    steps = Filter("met > -0.5"), ForEach("FatJet"), Filter("FatJet_pt > 80", name="hard"), SCORE
    for name, each in {"none": None, "cold": cache, "warm": cache}.items():
        go(tmp_path / name, path, *steps, cache=each)
    none, cold, warm = (friend(tmp_path / name, "1.root").to_list() for name in ("none", "cold", "warm"))
    assert none == cold == warm
