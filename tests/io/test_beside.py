"""Columns of several files or trees side by side, and samples that name them differently."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import uproot
from hepdl_io.hdf5_reader import Hdf5Reader
from hepdl_io.root_reader import RootReader

from hepdl import Chain, Sample, Split
from hepdl.algorithms import Define, Filter, RootWriter
from hepdl.engine import run
from hepdl.errors import InputError, ParameterError
from hepdl.job import Job

from .conftest import equal, jets, make, read


def test_friends_join_the_columns(tmp_path: Path) -> None:
    for i in (1, 2):
        make(tmp_path / f"w_{i}.root", **jets(10 * i))
        make(tmp_path / f"scores/w/w_{i}.root", tree="hepdl", score=np.arange(10.0) + i, pt=np.zeros(10))
    reader = RootReader(Sample("w", f"{tmp_path}/w_?.root"), friends=[f"{tmp_path}/scores/{{sample}}/{{name}}"])
    assert list(reader.offers()) == ["event", "pt", "tau1", "score", "hepdl.score", "hepdl.pt"]
    block = read(reader, ["score", "pt", "hepdl.pt"], 1)
    assert equal(block["score"], np.arange(10.0) + 2)
    assert equal(block["pt"], jets(20)["pt"])
    assert equal(block["hepdl.pt"], np.zeros(10))
    assert [Path(path).parent.name for path in reader.sources()[0].beside] == ["w"]
    only = next(reader.blocks(reader.sources()[0], ["score"], 2, 5))
    assert equal(only["score"], np.arange(2.0, 5) + 1)


def test_a_friend_must_fit(tmp_path: Path) -> None:
    make(tmp_path / "w.root", **jets())
    reader = RootReader(Sample("w", f"{tmp_path}/w.root"), friends=[f"{tmp_path}/f_{{stem}}.root:scores"])
    with pytest.raises(InputError, match=r"sample 'w': file '.*w.root' has no friend '.*/f_w.root'"):
        reader.sources()
    make(tmp_path / "f_w.root", tree="scores", score=np.zeros(9))
    with pytest.raises(InputError, match=r"file '.*f_w.root' has 9 entries, but file '.*/w.root', beside .*, 10"):
        reader.sources()
    with pytest.raises(ParameterError, match=r"friends: '\{stam\}.root' holds '\{stam\}', did you mean 'stem'?"):
        reader.replaced(friends=["{stam}.root"])


def test_trees_of_one_file(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "a.root") as file:
        for tree, n, name in (("reco", 5, "pt"), ("truth", 5, "pt"), ("runs", 2, "lumi")):
            file.mktree(tree, {name: "float64"})
            file[tree].extend({name: np.arange(n) + len(tree)})
    reader = RootReader(Sample("s", f"{tmp_path}/a.root"), tree="reco", trees=["truth"])
    block = read(reader, ["truth.pt", "pt"])
    assert equal(block["truth.pt"], block["pt"] + 1)
    assert reader.sources()[0].tree == "reco"
    with pytest.raises(
        InputError, match=r"a.root', tree 'runs' has 2 entries, but file '.*', tree 'reco', beside .* 5"
    ):
        reader.replaced(trees=["truth", "runs"]).sources()


def test_written_scores_stand_beside_their_input_only(tmp_path: Path) -> None:
    for name, first in (("a", 0), ("b", 50)):
        make(tmp_path / f"{name}.root", **jets(first))
    split = Split(train=0.5, validation=0.25, test=0.25)
    reader = RootReader(Sample("s", f"{tmp_path}/?.root"), split=split)
    run(
        Chain(reader, Filter("pt > 3"), Define("twice", "2 * pt"), RootWriter(columns=["twice"])),
        Job(folder=tmp_path / "run"),
    )
    again = reader.replaced(friends=[f"{tmp_path}/run/scores/{{sample}}/{{name}}"])
    block = read(again, ["twice", "pt", "hepdl_entry"])
    assert equal(block["twice"], np.where(block["pt"] > 3, 2 * block["pt"], np.float32(-999)))
    strange = RootReader(Sample("s", f"{tmp_path}/a.root"), friends=[f"{tmp_path}/run/scores/s/b.root"])
    with pytest.raises(InputError, match=r"friend '.*b.root' was written for another file than '.*a.root' \(UUID"):
        strange.sources()


def test_a_changed_friend_is_read_again(tmp_path: Path) -> None:
    from hepdl.data.keys import file_identity

    make(tmp_path / "a.root", **jets())
    make(tmp_path / "f.root", score=np.zeros(10))
    reader = RootReader(Sample("s", f"{tmp_path}/a.root"), friends=[f"{tmp_path}/f.root"])
    (before,) = reader.sources()
    identity = file_identity(before)
    make(tmp_path / "f.root", score=np.ones(10))
    (after,) = reader.sources()
    assert before.uuid == after.uuid
    assert identity != file_identity(after)


def test_renamed_columns(tmp_path: Path) -> None:
    make(tmp_path / "new.root", **jets())
    make(tmp_path / "old.root", Jet_PT=jets(5)["pt"], tau1=jets(5)["tau1"], kind=np.zeros(10, np.int32))
    samples = Sample("new", f"{tmp_path}/new.root"), Sample("old", f"{tmp_path}/old.root")
    reader = RootReader(*samples, rename={"old": {"pt": "Jet_PT"}})
    reader.check(["pt", "tau1"])
    assert equal(read(reader, ["pt"], 1)["pt"], jets(5)["pt"])
    with pytest.raises(InputError, match=r"sample 'old': file '.*old.root' has no 'Jet_Pt' to rename to 'pt', did you"):
        reader.replaced(rename={"old": {"pt": "Jet_Pt"}}).sources()
    with pytest.raises(
        InputError, match=r"sample 'old', file .*: branch 'pt' is int32, but in file '.*' it is float32"
    ):
        reader.replaced(rename={"old": {"pt": "kind"}}).check(["pt"])
    with pytest.raises(ParameterError, match="RootReader.rename: no sample 'ol', did you mean 'old'?"):
        reader.replaced(rename={"ol": {"pt": "Jet_PT"}})


def test_a_chain_over_renamed_columns(tmp_path: Path) -> None:
    make(tmp_path / "new.root", **jets())
    make(tmp_path / "old.root", Jet_PT=jets(20)["pt"])
    samples = Sample("new", f"{tmp_path}/new.root", label=1), Sample("old", f"{tmp_path}/old.root", label=0)
    split = Split(train=0.5, validation=0.25, test=0.25)
    reader = RootReader(*samples, rename={"old": {"pt": "Jet_PT"}}, split=split)
    chain = Chain(reader, Filter("pt > 6"), Define("twice", "2 * pt"), RootWriter(columns=["twice"]))
    assert chain.check()
    run(chain, Job(folder=tmp_path / "run"))
    with uproot.open(tmp_path / "run/scores/old/old.root") as file:
        assert equal(file["hepdl"]["twice"].array(library="np"), 2 * jets(20)["pt"])


def test_friends_of_hdf5(tmp_path: Path) -> None:
    for name, key in (("a", "x"), ("a_more", "y")):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file[key] = np.arange(4)
    reader = Hdf5Reader(Sample("s", f"{tmp_path}/a.h5"), friends=[f"{tmp_path}/{{stem}}_more.h5"])
    assert equal(read(reader, ["y", "x"])["y"], np.arange(4))
    assert list(reader.offers()) == ["x", "y", "a_more.y"]
