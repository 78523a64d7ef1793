from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import torch

from hepdl.errors import RunFolderError, TamperedFile
from hepdl.learning import checkpoint

STATE = {"position": {"epoch": 3}, "weights": torch.arange(4.0), "names": ["a"], "best": None}


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "a.pt", STATE)
    loaded = checkpoint.load(tmp_path / "a.pt")
    assert loaded["position"] == {"epoch": 3} and loaded["names"] == ["a"] and loaded["best"] is None
    assert torch.equal(loaded["weights"], STATE["weights"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


@pytest.mark.parametrize("place", [100, -1])
def test_a_changed_byte_is_noticed(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a.pt"
    checkpoint.save(path, STATE)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(TamperedFile, match=r"a\.pt' does not match its checksum.*delete it"):
        checkpoint.load(path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "a.pt")
    with pytest.raises(TamperedFile, match="is not a hepdl checkpoint"):
        checkpoint.load(tmp_path / "a.pt")


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.getenv, ("HOME",)


def test_code_is_not_run(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "a.pt", {"evil": Evil()})
    with pytest.raises(TamperedFile, match="holds more than numbers and texts"):
        checkpoint.load(tmp_path / "a.pt")


def test_a_full_disk_keeps_the_checkpoint_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pt"
    checkpoint.save(path, STATE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunFolderError, match=r"cannot write checkpoint.*No space left on device; make room and resume"):
        checkpoint.save(path, {"position": 4})
    monkeypatch.undo()
    assert checkpoint.load(path)["position"] == {"epoch": 3}
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_random_numbers_go_on_where_they_were() -> None:
    state = checkpoint.random_state()
    first = torch.rand(5)
    checkpoint.restore_random_state(torch.load(io.BytesIO(_saved(state)), weights_only=True))
    assert torch.equal(torch.rand(5), first)


def _saved(state: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()
