"""A run on disk: its script and resolved chain, what its steps learned, how it ended; and back again.

Files are written aside and renamed, so that a run folder never holds half a file. What was learned is kept as
safetensors, which hold numbers and no code, each beside a checksum that ``sha256sum -c`` understands.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hepdl.errors import RunFolderError, TamperedFile

if TYPE_CHECKING:
    import torch

CHAIN, COMMAND, STATUS, STEERING = "chain.json", "command.json", "status.json", "steering.py"
COLUMNS_OF_FILES, LOOKS = "columns.json", "looks.json"


def write_aside(path: Path, content: bytes | str) -> None:
    """Write a file in full or not at all: aside, to the disk, then renamed.

    Raises:
        RunFolderError: the disk is full or the folder cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        if aside.is_file():
            aside.unlink()
        raise RunFolderError(f"cannot write '{path}' ({len(data)} bytes): {error.strerror or error}") from error


def safe_name(label: str) -> str:
    """A file name for a label: letters, digits, ``_``, ``-`` and ``.``; other labels get a digest, so none clash."""
    plain = re.sub(r"[^\w.-]", "_", label).lstrip(".")
    if plain == label:
        return label
    return f"{plain}-{hashlib.sha256(label.encode()).hexdigest()[:8]}"


class Record:
    """The folder of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path, steering: str, neighbours: Mapping[str, str] | None = None) -> Self:
        """A new run folder with the script and the modules beside it that it imported, as texts.

        Raises:
            RunFolderError: the folder exists and holds something, or cannot be made.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RunFolderError(_taken(folder))
        record = cls(folder)
        write_aside(folder / STEERING, steering)
        for name, text in (neighbours or {}).items():
            write_aside(record._inside("neighbours", *Path(name).parts), text)
        return record

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The folder of an earlier run.

        Raises:
            RunFolderError: there is no such folder, or the run did not get far enough to be taken up.
        """
        if not folder.is_dir():
            raise RunFolderError(f"there is no run folder '{folder}'; hepdl run names the folder when it begins")
        missing = [name for name in (STEERING, CHAIN, COMMAND, STATUS) if not (folder / name).is_file()]
        if missing:
            raise RunFolderError(
                f"'{folder}' is no complete run folder: it lacks {', '.join(missing)}; "
                "give the folder that hepdl run made, or start the run again under another name (-o)"
            )
        return cls(folder)

    def write(self, name: str, value: Any) -> None:
        """Write a JSON file into the folder."""
        write_aside(self._inside(name), json.dumps(value, indent=1) + "\n")

    def read(self, name: str) -> Any:
        """Read a JSON file of the folder.

        Raises:
            RunFolderError: it is missing or not JSON.
        """
        path = self._inside(name)
        try:
            return json.loads(path.read_text())
        except FileNotFoundError:
            raise RunFolderError(f"the run folder '{self.folder}' has no '{name}'") from None
        except ValueError as error:
            raise RunFolderError(f"'{path}' is damaged: {error}") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder; the system lets go of the lock when this process ends.

        Raises:
            RunFolderError: another process runs here now.
        """
        with self._inside(".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunFolderError(f"another hepdl process is running in '{self.folder}' at this moment") from None
            yield

    def mark(self, state: str, reason: str = "") -> None:
        """Say how the run stands: ``running``, ``finished``, ``interrupted`` or ``failed``, and why."""
        self.write(STATUS, {"state": state, "reason": reason})

    @property
    def checksum(self) -> str:
        """One checksum of the chain and of all that its steps have learned."""
        digests = sorted((self.folder / "state").glob("*.sha256"))
        parts = [path.read_bytes() for path in [self._inside(CHAIN), *digests]]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    @property
    def status(self) -> tuple[str, str]:
        """How the run stands, and why."""
        value = self.read(STATUS)
        return value["state"], value["reason"]

    def save_state(self, label: str, state: Mapping[str, torch.Tensor]) -> Path:
        """Write what the step ``label`` learned to ``state/<label>.safetensors``, with its checksum."""
        from safetensors.torch import save

        path = self._state(label)
        content = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()})
        write_aside(path, content)
        write_aside(_digest_file(path), f"{hashlib.sha256(content).hexdigest()}  {path.name}\n")
        return path

    def has_state(self, label: str) -> bool:
        """Whether what the step learned was written in full."""
        path = self._state(label)
        return path.is_file() and _digest_file(path).is_file()

    def load_state(self, label: str) -> dict[str, torch.Tensor]:
        """What the step ``label`` learned, as tensors on the CPU.

        Raises:
            RunFolderError: there is no such state.
            TamperedFile: the file does not match its checksum.
        """
        from safetensors.torch import load

        path = self._state(label)
        if not self.has_state(label):
            raise RunFolderError(f"the run folder '{self.folder}' has no learned state of step '{label}'")
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != _digest_file(path).read_text()[:64]:
            raise TamperedFile(
                f"'{path}' does not match the checksum in '{_digest_file(path).name}': it was changed or damaged after "
                f"the run wrote it; delete both files and 'hepdl resume {self.folder}' learns this step again"
            )
        state: dict[str, torch.Tensor] = load(content)
        return state

    def _state(self, label: str) -> Path:
        return self._inside("state", f"{safe_name(label)}.safetensors")

    def _inside(self, *names: str) -> Path:
        path = self.folder.joinpath(*names)
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise RunFolderError(f"'{Path(*names)}' would lie outside the run folder '{self.folder}'")
        return path


def next_folder(name: str, parent: Path = Path("runs")) -> Path:
    """Make and return the next free ``runs/<name>_<n>``; two runs that start at once get two folders."""
    number = 1
    while True:
        folder = parent / f"{name}_{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise RunFolderError(f"cannot make the run folder '{folder}': {error.strerror}") from error
        else:
            return folder


def _digest_file(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _taken(folder: Path) -> str:
    again = f"'hepdl resume {folder}' goes on with it, " if (folder / COMMAND).is_file() else ""
    return f"'{folder}' exists and is not empty; {again}-o names another folder, without -o the next free one is taken"
