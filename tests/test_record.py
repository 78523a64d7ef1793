"""A run on disk: whole files, checksums, errors in words."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hepdl.errors import RunFolderError, TamperedFile
from hepdl.record import Record, next_folder, safe_name, write_aside


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.create(tmp_path / "run", "chain = 1\n", {"shared/samples.py": "W = 1\n"})


def complete(record: Record) -> None:
    record.write("chain.json", [])
    record.write("command.json", {})
    record.mark("running")


def test_state_comes_back_with_types_and_values(record: Record) -> None:
    state = {"a": torch.arange(3.0), "b": torch.tensor(7, dtype=torch.int64), "c": torch.eye(2).T}
    record.save_state("Pivot", state)
    back = record.load_state("Pivot")
    assert record.has_state("Pivot") and not record.has_state("Other")
    assert all(torch.equal(back[name], state[name]) and back[name].dtype == state[name].dtype for name in state)


def test_state_whose_tensors_share_memory(record: Record) -> None:
    shared = torch.arange(4.0)
    record.save_state("Tied", {"a": shared, "b": shared[:2]})
    assert torch.equal(record.load_state("Tied")["b"], shared[:2])


def test_checksum_is_the_one_of_sha256sum(record: Record) -> None:
    path = record.save_state("Pivot", {"a": torch.ones(2)})
    line = path.with_name(f"{path.name}.sha256").read_text()
    assert line == f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


def test_tampered_state(record: Record) -> None:
    path = record.save_state("Pivot", {"a": torch.ones(2)})
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(TamperedFile, match=r"Pivot\.safetensors' does not match the checksum .*hepdl resume"):
        record.load_state("Pivot")


def test_state_without_checksum_does_not_count(record: Record) -> None:
    path = record.save_state("Pivot", {"a": torch.ones(2)})
    path.with_name(path.name + ".sha256").unlink()
    with pytest.raises(RunFolderError, match="no learned state of step 'Pivot'"):
        record.load_state("Pivot")


def test_labels_become_safe_names_that_do_not_clash(record: Record) -> None:
    assert safe_name("Pivot") == "Pivot"
    assert len({safe_name("a/b"), safe_name("a_b"), safe_name("a b")}) == 3
    path = record.save_state("../../outside", {"a": torch.ones(1)})
    assert path.parent == record.folder / "state"


def test_nothing_is_written_outside(record: Record) -> None:
    with pytest.raises(RunFolderError, match="would lie outside the run folder"):
        record.write("../other.json", 1)


def test_folder_that_is_taken(record: Record) -> None:
    with pytest.raises(RunFolderError, match="exists and is not empty; -o names another folder"):
        Record.create(record.folder, "")
    complete(record)
    with pytest.raises(RunFolderError, match=f"'hepdl resume {record.folder}' goes on with it"):
        Record.create(record.folder, "")


def test_opening_what_is_no_run(record: Record, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="there is no run folder"):
        Record.open(tmp_path / "none")
    with pytest.raises(RunFolderError, match=r"no complete run folder: it lacks chain\.json, command\.json, status"):
        Record.open(record.folder)
    complete(record)
    assert Record.open(record.folder).status == ("running", "")
    (record.folder / "status.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"status\.json' is damaged"):
        _ = Record.open(record.folder).status


def test_neighbours_are_kept(record: Record) -> None:
    assert (record.folder / "neighbours/shared/samples.py").read_text() == "W = 1\n"


def test_full_disk_leaves_the_old_file(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    record.write("a.json", 1)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunFolderError, match=r"cannot write '.*a\.json' \(2 bytes\): No space left on device"):
        record.write("a.json", 2)
    assert record.read("a.json") == 1
    assert not list(record.folder.glob(".a.json*"))


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot write"):
        write_aside(tmp_path / "file" / "x.json", "")


def test_next_free_folder(tmp_path: Path) -> None:
    assert [next_folder("pivot", tmp_path / "runs").name for _ in range(3)] == ["pivot_1", "pivot_2", "pivot_3"]


def test_one_process_at_a_time(record: Record) -> None:
    code = "import sys, pathlib; from hepdl.record import Record\nwith Record(pathlib.Path(sys.argv[1])).locked(): pass"
    with record.locked():
        other = subprocess.run([sys.executable, "-c", code, record.folder], capture_output=True, text=True, check=False)
    assert "another hepdl process is running in" in other.stderr
    with record.locked():
        pass
