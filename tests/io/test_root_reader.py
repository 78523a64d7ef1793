from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import awkward as ak
import hepdl_io.trees
import numpy as np
import pytest
import uproot
from hepdl_io.root_reader import RootReader

from hepdl.columns import ColumnType
from hepdl.errors import InputError
from hepdl.events import Events, Jagged
from hepdl.sources import Sample

from .conftest import equal, jets, make, read


@pytest.fixture
def two(tmp_path: Path) -> RootReader:
    """Sample w in two files, qcd in one."""
    make(tmp_path / "w_1.root", **jets(0))
    make(tmp_path / "w_2.root", **jets(10, 5))
    make(tmp_path / "qcd.root", **jets(100))
    return RootReader(Sample("w", f"{tmp_path}/w_?.root"), Sample("qcd", f"{tmp_path}/qcd.root"))


def test_sources_know_entries_tree_and_uuid(two: RootReader) -> None:
    sources = two.sources()
    assert [(s.index, s.sample.name, Path(s.path).name, s.entries, s.tree) for s in sources] == [
        (0, "w", "w_1.root", 10, "jets"), (1, "w", "w_2.root", 5, "jets"), (2, "qcd", "qcd.root", 10, "jets"),
    ]  # fmt: skip
    assert len({s.uuid for s in sources}) == 3
    assert two.skipped() == []


def test_blocks_have_these_columns_in_order(two: RootReader) -> None:
    source = two.sources()[0]
    (block,) = two.blocks(source, ["pt", "event"], 3, 7)
    assert block.names == ["pt", "event"]
    assert equal(block["pt"], jets()["pt"][3:7])
    assert equal(block["event"], jets()["event"][3:7])
    assert len(next(two.blocks(source, [], 2, 6))) == 4


def test_kinds_of_branches(tmp_path: Path) -> None:
    columns = {
        "flag": np.array([True, False, True]),
        "image": np.arange(18, dtype=np.float32).reshape(3, 2, 3),
        "three": np.arange(9, dtype=np.int16).reshape(3, 3),
        "event": np.array([1, 2, 2**63 + 5], np.uint64),
        "part_pt": ak.Array(ak.contents.ListOffsetArray(
            ak.index.Index64(np.array([0, 2, 2, 3])), ak.contents.NumpyArray(np.array([1, 2, 3], np.float32)))),
        "Jet.pt": np.arange(3.0),
    }  # fmt: skip
    reader = RootReader(Sample("s", make(tmp_path / "a.root", **columns)))
    offers = reader.offers()
    assert offers["flag"] == ColumnType("bool")
    assert offers["image"] == ColumnType("float32", (2, 3))
    assert offers["three"] == ColumnType("int16", (3,))
    assert offers["event"] == ColumnType("uint64")
    assert offers["part_pt"] == ColumnType("float32", jagged=True)
    block = read(reader, list(columns))
    for name in ("flag", "image", "three", "event", "Jet.pt"):
        assert equal(block[name], columns[name])
    assert equal(block["part_pt"], Jagged(np.array([1, 2, 3], np.float32), np.array([0, 2, 2, 3])))


def test_blocks_end_with_baskets(tmp_path: Path) -> None:
    path = make(tmp_path / "a.root", **jets(0, 4))
    with uproot.recreate(path) as file:
        file.mktree("jets", {"x": "float32"})
        for start in range(0, 20, 4):
            file["jets"].extend({"x": np.arange(start, start + 4, dtype=np.float32)})
    reader = RootReader(Sample("s", path), block=6)
    blocks = list(reader.blocks(reader.sources()[0], ["x"], 1, 19))
    assert [len(block) for block in blocks] == [7, 8, 3]
    assert equal(Events.concatenate(blocks)["x"], np.arange(1, 19, dtype=np.float32))


def test_two_hundred_thousand_empty_lists(tmp_path: Path) -> None:
    empty = Jagged(np.zeros(0, np.float32), np.zeros(200_001, np.int64))
    path = make(tmp_path / "a.root", pt=empty.awkward())
    assert equal(read(RootReader(Sample("s", path)), ["pt"])["pt"], empty)


@pytest.mark.parametrize("offsets", [[0, 3, 1, 4], [0, 2, 3, 3], [1, 2, 3, 4]])
def test_lists_that_do_not_fit_their_values(
    two: RootReader, monkeypatch: pytest.MonkeyPatch, offsets: list[int]
) -> None:
    lists = Jagged(np.zeros(4), np.array(offsets))
    monkeypatch.setattr("hepdl_io.trees.Tree.column", lambda *_: lists)
    with pytest.raises(
        InputError, match=r"'pt', entries 0 to 3: the lists' offsets decrease or do not fit their values"
    ):
        list(two.blocks(two.sources()[0], ["pt"], 0, 3))


def test_a_branch_that_is_shorter_than_its_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = hepdl_io.trees.decode

    def short(*arguments: Any) -> Any:
        return decode(*arguments)[:-2]

    monkeypatch.setattr(hepdl_io.trees, "decode", short)
    reader = RootReader(Sample("w", make(tmp_path / "a.root", **jets())))
    with pytest.raises(InputError, match=r"a.root': branch 'pt', entries 0 to 10: the file gives 8 entries instead of"):
        read(reader, ["pt"])


def test_empty_tree(tmp_path: Path) -> None:
    reader = RootReader(Sample("s", make(tmp_path / "a.root", **jets(0, 0))))
    assert reader.sources()[0].entries == 0
    assert sum(map(len, reader.blocks(reader.sources()[0], ["pt"], 0, 0))) == 0


def test_two_trees_of_one_file(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "a.root") as file:
        for tree, first in (("sig", 0), ("folder/bkg", 50)):
            file.mktree(tree, {"pt": "float32"})
            file[tree].extend({"pt": jets(first)["pt"]})
    path = str(tmp_path / "a.root")
    with pytest.raises(InputError, match="several trees, choose one with tree='sig': sig, folder/bkg"):
        RootReader(Sample("s", path)).sources()
    with pytest.raises(InputError, match=r"no tree 'folder/bgk', did you mean 'folder/bkg'\? \(trees: sig, fol"):
        RootReader(Sample("s", path), tree="folder/bgk").sources()
    assert RootReader(Sample("s", path), tree="/folder/bkg").sources()[0].tree == "folder/bkg"
    reader = RootReader(Sample("s", f"{path}:sig"), Sample("b", f"{path}:folder/bkg"))
    assert [s.tree for s in reader.sources()] == ["sig", "folder/bkg"]
    assert equal(read(reader, ["pt"], 1)["pt"], jets(50)["pt"])


def test_the_newest_cycle_is_read(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "a.root") as file:
        for first in (3, 7):
            file.mktree("jets", {"pt": "float32"}).extend({"pt": jets(first)["pt"]})
    newest = RootReader(Sample("s", str(tmp_path / "a.root")))
    assert equal(read(newest, ["pt"])["pt"], jets(7)["pt"])
    assert equal(read(newest.replaced(tree="jets;1"), ["pt"])["pt"], jets(3)["pt"])


def test_misspelt_branch(two: RootReader) -> None:
    two.sources()
    with pytest.raises(InputError, match=r"sample 'w', file '.*w_1.root', tree 'jets': there is no branch 'tau', did"):
        two.check(["pt", "tau"])


def test_differing_branches(tmp_path: Path) -> None:
    make(tmp_path / "w.root", **jets(), tau2=np.ones(10))
    make(tmp_path / "qcd.root", **jets())
    reader = RootReader(Sample("w", f"{tmp_path}/w.root"), Sample("qcd", f"{tmp_path}/qcd.root"))
    assert "tau2" in reader.offers()
    missing = r"sample 'qcd', file '.*qcd.root', .* no branch 'tau2', which file '.*w.root' has, did you mean 'tau1'"
    for head in (True, False):
        with pytest.raises(InputError, match=missing):
            reader.check(["tau2"], head)
    with pytest.raises(InputError, match=missing):
        next(reader.blocks(reader.sources()[1], ["tau2"], 0, 5))
    reader.check(["tau2"], sample="w")
    reader.check(["tau1"])


def test_differing_types(tmp_path: Path) -> None:
    make(tmp_path / "a.root", x=np.ones(3, np.float32), y=np.ones(3, np.float32))
    make(tmp_path / "b.root", x=np.ones(3, np.int32), y=np.full(3, 0.1))
    reader = RootReader(Sample("a", f"{tmp_path}/a.root"), Sample("b", f"{tmp_path}/b.root"))
    reader.sources()
    with pytest.raises(
        InputError, match=r"'b', file '.*b.root', .* 'x' is int32, but in file '.*a.root' it is float32"
    ):
        reader.check(["x"])
    assert equal(read(reader, ["y"], 1)["y"], np.full(3, 0.1, np.float32))


def test_head_opens_one_file_a_sample(two: RootReader, tmp_path: Path) -> None:
    (tmp_path / "w_2.root").write_bytes(b"")
    assert "pt" in two.offers(head=True)
    two.check(["pt"], head=True)
    with pytest.raises(InputError, match=r"w_2.root' is not a ROOT file: 0 bytes"):
        two.offers()


BAD = {
    "truncated": (lambda data: data[: len(data) // 2], r"is truncated: \d+ of \d+ bytes are there"),
    "not a ROOT file": (lambda data: b"%PDF-1.4 and so on, for many pages", "is not a ROOT file"),
    "empty": (lambda data: b"", "is not a ROOT file: 0 bytes"),
    "corrupt": (lambda data: data[:100] + b"\xff" * 200 + data[300:], "cannot be read"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files(two: RootReader, tmp_path: Path, kind: str) -> None:
    spoil, message = BAD[kind]
    path = tmp_path / "w_2.root"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(InputError, match=f"sample 'w': file '.*w_2.root' {message}.*; compare it with the original"):
        two.sources()
    tolerant = two.replaced(skip_bad_files=True)
    assert [(s.index, Path(s.path).name) for s in tolerant.sources()] == [(0, "w_1.root"), (1, "qcd.root")]
    ((where, sample, reason),) = tolerant.skipped()
    assert (where, sample) == (str(path), "w")
    assert "w_2.root" in reason
    assert "pt" in tolerant.offers(head=True)


def test_not_all_files_may_be_bad(two: RootReader, tmp_path: Path) -> None:
    (tmp_path / "qcd.root").write_bytes(b"")
    with pytest.raises(InputError, match="sample 'qcd': none of its files can be read; the first: file .* is not"):
        two.replaced(skip_bad_files=True).sources()


def test_flipped_bytes_in_a_basket(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = Path(make(tmp_path / "a.root", pt=rng.normal(size=20_000)))
    reader = RootReader(Sample("w", str(path)))
    (source,) = reader.sources()
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(255 - byte for byte in data[middle : middle + 64])
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"sample 'w', file .*a.root': branch 'pt', entries 0 to 20000, cannot be"):
        list(reader.blocks(source, ["pt"], 0, 20_000))


def test_a_file_that_changed(two: RootReader, tmp_path: Path) -> None:
    source = two.sources()[1]
    make(tmp_path / "w_2.root", **jets(10, 9))
    with pytest.raises(InputError, match="w_2.root' changed: 5 entries when the run began, 9 now"):
        list(two.blocks(source, ["pt"], 0, 5))


def test_no_tree(tmp_path: Path, two: RootReader) -> None:
    with uproot.recreate(tmp_path / "w_2.root") as file:
        file["note"] = "text"
    with pytest.raises(InputError, match=r"w_2.root' holds no tree; it holds: TObjString"):
        two.sources()
    with pytest.raises(InputError, match=r"w_1.root' holds no tree 'jet', did you mean 'jets'\?"):
        two.replaced(tree="jet").sources()


def test_a_file_in_two_samples(two: RootReader, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="would be read twice: in sample 'w' as"):
        RootReader(Sample("w", f"{tmp_path}/w_?.root"), Sample("data", f"{tmp_path}/w_2.root")).sources()


def test_many_files_keep_their_order(tmp_path: Path) -> None:
    for i in range(30):
        make(tmp_path / f"f_{i}.root", x=np.arange(i))
    sources = RootReader(Sample("s", f"{tmp_path}/*.root")).sources()
    assert [(Path(s.path).name, s.entries) for s in sources] == [(f"f_{i}.root", i) for i in range(30)]


def test_copies_need_an_identity(tmp_path: Path) -> None:
    path = make(tmp_path / "a.root", **jets())
    shutil.copy(path, tmp_path / "b.root")
    reader = RootReader(Sample("s", f"{tmp_path}/*.root"))
    with pytest.raises(
        InputError, match=r"a.root' .* and .*b.root' .* are copies of one file .*: 10 events would count"
    ):
        reader.sources()
    assert len(reader.replaced(identity=["event"]).sources()) == 2
