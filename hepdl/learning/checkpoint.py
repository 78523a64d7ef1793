"""Checkpoints: one file that is whole or absent, checked by its digest, read without running code."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hepdl.errors import RunFolderError, TamperedFile

MAGIC = b"hepdl checkpoint 1 sha256 "
HEADER = len(MAGIC) + 64 + 1


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Write tensors, numbers, texts, lists and dictionaries; the file of before stays until this one is whole."""
    import torch

    buffer = io.BytesIO()
    torch.save(_on_host(state), buffer)
    body = buffer.getvalue()
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("wb") as file:
            file.write(MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise RunFolderError(f"cannot write checkpoint '{path}': {error.strerror}; make room and resume") from error


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU; :class:`TamperedFile` when it is not what was written."""
    import torch

    content = path.read_bytes()
    header, body = content[:HEADER], content[HEADER:]
    if not header.startswith(MAGIC):
        raise TamperedFile(f"'{path}' is not a hepdl checkpoint; delete it to train this step from the start")
    if header[len(MAGIC) : -1].decode(errors="replace") != hashlib.sha256(body).hexdigest():
        raise TamperedFile(
            f"checkpoint '{path}' does not match its checksum: it was changed or damaged after it was written; "
            "delete it to train this step from the start"
        )
    try:
        state: dict[str, Any] = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        raise TamperedFile(f"checkpoint '{path}' holds more than numbers and texts, it is not loaded") from error
    return state


def random_state() -> dict[str, Any]:
    """States of torch's global generators, on the CPU and on every CUDA device."""
    import torch

    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []}


def restore_random_state(state: Mapping[str, Any]) -> None:
    """Set the global generators to what :func:`random_state` gave; other devices than before are left as they are."""
    import torch

    torch.set_rng_state(state["cpu"])
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])


def _on_host(value: Any) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        return value.detach().cpu()
    if isinstance(value, Mapping):
        return {key: _on_host(inner) for key, inner in value.items()}
    return [_on_host(inner) for inner in value] if isinstance(value, list | tuple) else value


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
