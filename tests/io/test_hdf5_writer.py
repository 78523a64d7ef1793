from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hepdl_io.hdf5_reader import Hdf5Reader
from hepdl_io.hdf5_writer import Hdf5Writer

from hepdl import Chain, Sample, Split
from hepdl.algorithms import Define, Filter
from hepdl.engine import run
from hepdl.errors import RunFolderError
from hepdl.job import Job

from .conftest import equal, read
from .test_root_writer import KINDS, block, left_over, source


def started(folder: Path, entries: int, **parameters: Any) -> Hdf5Writer:
    writer = Hdf5Writer(**({"columns": list(KINDS)} | parameters))
    writer.declare(KINDS)
    sources = (source(0, "a.h5", entries), source(1, "b.root", 2))
    writer.initialize(Job(folder=folder / "run", sources=sources).for_step("Hdf5Writer", KINDS))
    return writer


def test_full_length_with_sentinels(tmp_path: Path) -> None:
    writer = started(tmp_path, 4)
    writer.execute(block(0, [0, 2]))
    writer.finalize()
    with h5py.File(tmp_path / "run/scores/w/a.h5") as file:
        full = {name: dataset[:].tolist() for name, dataset in file["hepdl"].items()}
        assert json.loads(file.attrs["hepdl_parent"])["uuid"] == "uuid-0"
    assert full["score"] == [0.5, -999, 0.5 + 2 / 64, -999]
    assert full["group"] == [[0, 0], [-999, -999], [2, -2], [-999, -999]]
    assert [list(values) for values in full["list"]] == [[], [], [0, 1], []]
    assert [list(values) for values in full["parts_py"]] == [[], [], [1, 3], []]
    assert full["hepdl_split"] == [0, -1, 2, -1]
    assert full["hepdl_entry"] == [0, 1, 2, 3]
    assert (tmp_path / "run/scores/w/b.root.h5").exists()
    assert writer.summary() == [f"files of scores: 2 in {tmp_path / 'run/scores/w'}, read back and equal"]


def test_round_trip_as_friend(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"], file["n"] = np.arange(10.0), np.arange(10)
    reader = Hdf5Reader(
        Sample("s", f"{tmp_path}/a.h5"), identity=["n"], split=Split(train=0.5, validation=0.25, test=0.25)
    )
    steps = Filter("x > 3"), Define("twice", "2 * x"), Hdf5Writer(columns=["twice"])
    run(Chain(reader, *steps), Job(folder=tmp_path / "run"))
    again = reader.replaced(friends=[f"{tmp_path}/run/scores/{{sample}}/{{name}}"])
    found = read(again, ["x", "hepdl.twice", "hepdl.n"])
    assert equal(found["hepdl.twice"], np.where(found["x"] > 3, 2 * found["x"], -999))
    assert equal(found["hepdl.n"], np.arange(10))


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = started(tmp_path, 10)
    writer.execute(block(0, [1]))
    monkeypatch.setattr("h5py.Group.create_dataset", full)
    with pytest.raises(RunFolderError, match=r"cannot write '.*a.h5': No space left on device \(\d+ MB free\)"):
        writer.finalize()
    assert left_over(tmp_path) == []


def test_a_file_that_reads_back_differently(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = started(tmp_path, 10)
    writer.execute(block(0, [1]))
    read_back = Hdf5Writer.read_back

    def disturb(self: Hdf5Writer, path: Path) -> Any:
        back = read_back(self, path)
        return back | {"list": back["list"].take(np.arange(len(back["list"]))[::-1])}

    monkeypatch.setattr(Hdf5Writer, "read_back", disturb)
    with pytest.raises(RunFolderError, match=r"a.h5': 'list' does not read back as it was written"):
        writer.finalize()
    assert left_over(tmp_path) == []
