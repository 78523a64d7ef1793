from __future__ import annotations

import errno
import json
import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from hepdl_io.friends import friend_paths, storage
from hepdl_io.root_writer import RootWriter

from hepdl.columns import Columns, ColumnType
from hepdl.errors import MissingColumn, ParameterError, RunFolderError, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from hepdl.sources import Sample, Source

KINDS = Columns(
    score=ColumnType(), group=ColumnType(shape=(2,), members=("a", "b")), list=ColumnType(jagged=True),
    parts=ColumnType(shape=(2,), jagged=True, members=("px", "py")), flag=ColumnType("bool"), id=ColumnType("int64"),
)  # fmt: skip


def source(index: int, path: str, entries: int, sample: str = "w", tree: str = "jets") -> Source:
    return Source(index, Sample(sample, path), path, entries, f"uuid-{index}", tree)


def block(index: int, entries: list[int], score: float = 0.5, **more: Any) -> Events:
    """Selected events of one file; the score tells file and entry."""
    entry = np.array(entries, np.int64)
    n = len(entry)
    lengths = entry % 3
    columns = {
        "source": np.full(n, index, np.int32),
        "entry": entry,
        "part": (entry % 3).astype(np.int8),
        "score": (score + index + entry / 64).astype(np.float32),
        "group": np.stack([entry, -entry], axis=1).astype(np.float32),
        "list": Jagged.from_lengths(np.arange(lengths.sum(), dtype=np.float32), lengths),
        "parts": Jagged.from_lengths(np.arange(2 * lengths.sum(), dtype=np.float32).reshape(-1, 2), lengths),
        "flag": entry % 2 == 0,
        "id": entry * 1000,
    }
    return Events(columns | more)


def started(folder: Path, sources: list[Source], **parameters: Any) -> RootWriter:
    writer = RootWriter(**({"columns": ["score"]} | parameters))
    writer.declare(KINDS)
    writer.initialize(Job(folder=folder / "run", sources=tuple(sources)).for_step("RootWriter", KINDS))
    return writer


def friend(folder: Path, name: str, tree: str = "hepdl") -> dict[str, Any]:
    with uproot.open(folder / "run" / "scores" / name) as file:
        return {branch.name: branch.array().to_list() for branch in file[tree].branches}


def test_full_length_with_sentinels(tmp_path: Path) -> None:
    sources = [source(0, "data/w_1.root", 6), source(1, "data/w_2.root", 4), source(2, "q.root", 3, "qcd")]
    writer = started(tmp_path, sources)
    writer.execute(block(0, [1, 2]))
    writer.execute(Events.concatenate([block(0, [4]), block(2, [0, 2])]))
    writer.finalize()
    first = friend(tmp_path, "w/w_1.root")
    assert first["score"] == [-999, 0.5 + 1 / 64, 0.5 + 2 / 64, -999, 0.5 + 4 / 64, -999]
    assert first["hepdl_split"] == [-1, 1, 2, -1, 1, -1]
    assert first["hepdl_entry"] == [0, 1, 2, 3, 4, 5]
    assert friend(tmp_path, "w/w_2.root")["score"] == [-999] * 4
    assert friend(tmp_path, "qcd/q.root")["score"] == [2.5, -999, 2.5 + 2 / 64]


def test_kinds_of_columns(tmp_path: Path) -> None:
    writer = started(tmp_path, [source(0, "a.root", 4), source(1, "b.root", 2)], columns=list(KINDS), sentinel=-1)
    writer.execute(block(0, [0, 2]))
    writer.finalize()
    full = friend(tmp_path, "w/a.root")
    assert full["group"] == [[0, 0], [-1, -1], [2, -2], [-1, -1]]
    assert full["list"] == [[], [], [0, 1], []]
    assert full["parts_px"] == [[], [], [0, 2], []]
    assert full["parts_py"] == [[], [], [1, 3], []]
    assert full["flag"] == [1, -1, 1, -1]
    assert full["id"] == [0, -1, 2000, -1]
    assert friend(tmp_path, "w/b.root").keys() == full.keys()


def test_nothing_selected_at_all(tmp_path: Path) -> None:
    writer = started(tmp_path, [source(0, "a.root", 2), source(1, "b.root", 0)], columns=["score", "parts", "group"])
    writer.finalize()
    assert friend(tmp_path, "w/a.root")["group"] == [[-999, -999]] * 2
    assert friend(tmp_path, "w/b.root")["score"] == []


def test_identity_of_entries_that_were_not_selected(tmp_path: Path) -> None:
    writer = started(tmp_path, [source(0, "a.root", 5), source(1, "b.root", 2)], also=["id"])
    entries = np.arange(1, 4)
    writer.identify(0, Events({"entry": entries, "run": np.full(3, 7, np.uint32), "event": entries + 100}))
    writer.execute(block(0, [2]))
    writer.finalize()
    full = friend(tmp_path, "w/a.root")
    assert full["run"] == [-1, 7, 7, 7, -1]
    assert full["event"] == [-1, 101, 102, 103, -1]
    assert full["id"] == [-999, -999, 2000, -999, -999]
    assert friend(tmp_path, "w/b.root")["run"] == [-1, -1]


def test_parent_and_friend_line(tmp_path: Path) -> None:
    writer = started(tmp_path, [source(0, "data/a.root", 1, tree="dir/jets")], tree="tagger")
    writer.execute(block(0, [0]))
    writer.finalize()
    path = tmp_path / "run" / "scores" / "w" / "a.root"
    assert writer.friend_lines() == [f'jets->AddFriend("tagger", "{path}");']
    assert "friend trees: 1 in " in writer.summary()[0]
    with uproot.open(path) as file:
        parent = json.loads(str(file["hepdl_parent"]))
    assert parent["file"] == str(Path("data/a.root").absolute())
    assert (parent["uuid"], parent["tree"], parent["sample"], parent["entries"]) == ("uuid-0", "dir/jets", "w", 1)


def test_equal_names_stay_apart() -> None:
    paths = ["2016/a/x.root", "2017/a/x.root", "2017/a/y.root", "c/x.root"]
    sources = [source(i, p, 1, "w" if i < 3 else "q q/q") for i, p in enumerate(paths)]
    assert [str(p) for p in friend_paths(sources)] == [
        "w/2016/a/x.root", "w/2017/a/x.root", "w/2017/a/y.root", "q_q_q/x.root",
    ]  # fmt: skip
    trees = [source(0, "x.root", 1, tree="sig"), source(1, "x.root", 1, tree="dir/bkg")]
    assert [str(p) for p in friend_paths(trees)] == ["w/x_sig.root", "w/x_dir_bkg.root"]


def test_nan_scores_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer = started(tmp_path, [source(0, "a.root", 3)])
    writer.execute(block(0, [0, 1], score=np.nan))
    with caplog.at_level(logging.WARNING):
        writer.finalize()
    assert "column 'score' has 2 NaN values in selected events" in caplog.text
    assert np.isnan(friend(tmp_path, "w/a.root")["score"][:2]).all()


def test_types_that_hold_the_sentinel() -> None:
    kept = {"float32": "float32", "float64": "float64", "int64": "int64", "int32": "int32"}
    widened = {"bool": "int16", "int8": "int16", "uint32": "int64", "uint64": "int64", "float16": "float32"}
    assert {name: str(storage(name, -999.0)) for name in kept | widened} == kept | widened
    assert storage("float32", np.nan) == np.float32


def test_wrong_parameters_and_columns() -> None:
    with pytest.raises(ParameterError, match=r"RootWriter.columns: .*at least 1 item"):
        RootWriter(columns=[])
    with pytest.raises(MissingColumn, match="RootWriter: there is no column 'scor', did you mean 'score'?"):
        RootWriter(columns=["scor"]).declare(KINDS)
    with pytest.raises(WiringError, match=r"column 'id': a column of type int64 cannot hold the sentinel -0\.5"):
        RootWriter(columns=["id"], sentinel=-0.5).declare(KINDS)
    with pytest.raises(WiringError, match="the name 'hepdl_split' is taken"):
        RootWriter(columns=["hepdl_split"]).declare(Columns(hepdl_split=ColumnType()))


def test_without_a_run_folder_nothing_is_written() -> None:
    writer = RootWriter(columns=["score"])
    writer.initialize(Job())
    writer.execute(block(0, [0, 1]))
    writer.execute(block(0, []))
    writer.finalize()
    assert writer.summary() == []


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses to write beyond ``size`` bytes, as a full disk or a quota would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_the_system_refuses(tmp_path: Path) -> None:
    writer = started(tmp_path, [source(0, "a.root", 100_000)])
    writer.execute(block(0, list(range(100_000))))
    with largest_file(50_000), pytest.raises(RunFolderError, match=r"cannot write '.*a.root': File too large"):
        writer.finalize()
    assert left_over(tmp_path) == []


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = started(tmp_path, [source(0, "a.root", 10)])
    writer.execute(block(0, [1]))
    monkeypatch.setattr("uproot.sink.file.FileSink.write", full)
    with pytest.raises(RunFolderError, match=r"cannot write '.*a.root': No space left on device \(\d+ MB free\)"):
        writer.finalize()
    assert left_over(tmp_path) == []


def test_a_file_that_reads_back_differently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = started(tmp_path, [source(0, "a.root", 10)])
    writer.execute(block(0, [1]))
    fill = RootWriter.fill

    def disturb(self: RootWriter, path: Path, columns: dict[str, Any], source: Source) -> None:
        fill(self, path, columns | {"score": columns["score"] * np.float32(1.0000001)}, source)

    monkeypatch.setattr(RootWriter, "fill", disturb)
    with pytest.raises(RunFolderError, match=r"a.root': 'score' does not read back as it was written"):
        writer.finalize()
    assert left_over(tmp_path) == []
