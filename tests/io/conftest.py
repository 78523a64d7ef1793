"""ROOT files made for a test, and the real ones where they are at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from hepdl_io.root_reader import RootReader

from hepdl.events import Events, Jagged

REAL = Path(__file__).parents[2] / ".." / "shared" / "testdata"


def make(path: Path, tree: str = "jets", **columns: Any) -> str:
    """Write one tree; awkward arrays become jagged branches."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(path) as file:
        file.mktree(tree, {name: _type(c) for name, c in columns.items()})
        file[tree].extend(columns)
    return str(path)


def _type(column: Any) -> Any:
    if isinstance(column, np.ndarray):
        return np.dtype((column.dtype, column.shape[1:]))
    return f"var * {str(column.type).rpartition(' ')[2]}"


def jets(first: int = 0, n: int = 10) -> dict[str, np.ndarray]:
    """Three plain branches, different in each file."""
    event = np.arange(first, first + n)
    return {"event": event, "pt": (event * 1.5).astype(np.float32), "tau1": np.sqrt(event)}


def read(reader: RootReader, names: list[str], index: int = 0) -> Events:
    """A whole file."""
    source = reader.sources()[index]
    return Events.concatenate(list(reader.blocks(source, names, 0, source.entries)))


def equal(one: Any, other: Any) -> bool:
    """Same kind, same bits."""
    if isinstance(one, Jagged):
        return equal(one.values, other.values) and equal(one.offsets, other.offsets)
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.fixture
def real() -> Callable[[str], str]:
    """The path of a real file; the test is skipped where there is none."""

    def find(name: str) -> str:
        path = (REAL / name).resolve()
        if not path.exists():
            pytest.skip(f"{name} is not here")
        return str(path)

    return find
