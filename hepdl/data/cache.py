"""Cache: packed columns of input files, decoded once, shared by jobs and runs, bounded in size.

One folder a (file, entries, selection): its columns, each under the key of everything that acted on it, and
``rows.json`` with what became of the entries. Nothing is ever written beside the user's files. A folder that is
removed while a job still has it mapped stays readable for that job.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hepdl.data.store import write_json

VERSION = "v1"
FOLDER_VARIABLE, LIMIT_VARIABLE = "HEPDL_CACHE", "HEPDL_CACHE_GB"
DEFAULT_LIMIT_GB = 20.0


@dataclass(frozen=True)
class Part:
    """One folder of the cache."""

    path: Path
    source: str
    """Path of the input file."""
    bytes: int
    used: float
    """Time of the last use, as ``time.time()``."""


class Cache:
    """A folder of parts; the least recently used ones go when it grows beyond its limit."""

    def __init__(self, folder: Path, limit_gb: float = DEFAULT_LIMIT_GB) -> None:
        self.folder = folder / VERSION
        self.limit = int(limit_gb * 1e9)

    @classmethod
    def default(cls) -> Cache:
        """In ``$HEPDL_CACHE``, else the user's cache folder; bounded by ``$HEPDL_CACHE_GB``."""
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = os.environ.get(FOLDER_VARIABLE) or Path(home) / "hepdl"
        return cls(Path(folder).expanduser(), float(os.environ.get(LIMIT_VARIABLE, DEFAULT_LIMIT_GB)))

    def part(self, key: str) -> Path:
        """The folder of a part, made when it is new, and marked as used now."""
        path = self.folder / key[:2] / key
        path.mkdir(parents=True, exist_ok=True)
        (path / "used").touch()
        return path

    def parts(self) -> list[Part]:
        """All parts, the least recently used first."""
        return sorted(self._parts(), key=lambda part: part.used)

    def prune(self, limit: int | None = None) -> list[Part]:
        """Remove least recently used parts until ``limit`` bytes (default: the cache's own) hold the rest."""
        limit = self.limit if limit is None else limit
        parts = self.parts()
        total, removed = sum(part.bytes for part in parts), []
        for part in parts:
            if total <= limit:
                break
            shutil.rmtree(part.path, ignore_errors=True)
            total -= part.bytes
            removed.append(part)
        return removed

    def _parts(self) -> Iterator[Part]:
        for path in self.folder.glob("*/*"):
            try:
                sizes = [file.stat().st_size for file in path.iterdir()]
                used = (path / "used").stat().st_mtime
            except OSError:  # another job removes it at this moment, or it was never completed
                sizes, used = [], time.time()
            yield Part(path, str((read_rows(path) or {}).get("source", "?")), sum(sizes), used)


def read_rows(part: Path) -> dict[str, Any] | None:
    """What became of the entries of a part, or None when it was never completed."""
    try:
        rows: dict[str, Any] = json.loads((part / "rows.json").read_text())
    except (OSError, ValueError):
        return None
    return rows


def write_rows(part: Path, rows: dict[str, Any]) -> None:
    """State what became of the entries; the part counts as complete from now on."""
    write_json(part / "rows.json", rows)
