"""Files beside the input: as long as it, written aside, read back, and only then given their name."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from hepdl.columns import ColumnType
from hepdl.errors import RunFolderError, WiringError
from hepdl.events import Column, Events, Jagged
from hepdl.sources import Source
from hepdl_io.failures import reading

Back = Callable[[Path], dict[str, Column]]
"""Reads all columns of a file that was just written."""


def friend_paths(sources: Sequence[Source], suffix: str = ".root") -> list[PurePath]:
    """``<sample>/<file><suffix>`` of each source, with as many parent folders as tell equal names apart."""
    parts = [Path(os.path.abspath(source.path)).parts[1:] for source in sources]  # noqa: PTH100  (keeps links)
    folders = [_folder(source.sample.name) for source in sources]
    depth = {name: _depth([p for p, f in zip(parts, folders, strict=True) if f == name]) for name in set(folders)}
    paths = [PurePath(folder, *part[-depth[folder] :]) for folder, part in zip(folders, parts, strict=True)]
    paths = [path if path.suffix == suffix else path.with_name(f"{path.name}{suffix}") for path in paths]
    times = Counter(paths)
    return [_with_tree(p, s) if times[p] > 1 else p for p, s in zip(paths, sources, strict=True)]


def _folder(sample: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", sample).strip(".") or "sample"


def _depth(parts: Sequence[tuple[str, ...]]) -> int:
    return next(n for n in count(1) if len({part[-n:] for part in parts}) == len(set(parts)))


def _with_tree(path: PurePath, source: Source) -> PurePath:
    return path.with_name(f"{path.stem}_{source.tree.replace('/', '_')}{path.suffix}")


def storage(dtype: str, sentinel: float) -> np.dtype[Any]:
    """The type in the file: the column's own, or the next wider one that can hold the sentinel."""
    own = np.dtype(dtype)
    if own.kind == "f":
        return np.promote_types(own, np.float32)
    if own.kind not in "biu" or not float(sentinel).is_integer():
        raise WiringError(f"a column of type {dtype} cannot hold the sentinel {sentinel}")
    if own == np.uint64:
        return np.dtype(np.int64)
    return np.promote_types(own, np.min_scalar_type(int(sentinel)))


def align(column: Column, rows: np.ndarray, entries: int, fill: float) -> Column:
    """A column of selected events at their places ``rows`` among all entries: ``fill``, or empty lists, elsewhere."""
    if isinstance(column, Jagged):
        lengths = np.zeros(entries, np.int64)
        lengths[rows] = column.lengths
        return Jagged.from_lengths(column.values, lengths)
    full = np.full((entries, *column.shape[1:]), fill, storage(str(column.dtype), fill))
    full[rows] = column
    return full


def aligned(column: Column, events: Events, entries: int, fill: float, objects: np.ndarray | None) -> Column:
    """A column of selected events at their ``entry`` among all entries.

    Where each event is an ``object`` of its entry, it becomes one list an entry; ``objects`` says how long each is.
    """
    if objects is None:
        return align(column, events["entry"], entries, fill)
    starts = np.cumsum(objects) - objects
    values = align(column, starts[events["entry"]] + events["object"], int(objects.sum()), fill)
    return Jagged.from_lengths(values, objects)


def spread(name: str, column: Column, kind: ColumnType) -> dict[str, Column]:
    """A column as branches: a list of particles with several features becomes one list a feature."""
    if not isinstance(column, Jagged) or column.values.ndim == 1:
        return {name: column}
    width = int(np.prod(column.values.shape[1:]))
    values = column.values.reshape(-1, width)
    members = kind.members if len(kind.members) == width else [str(i) for i in range(width)]
    return {f"{name}_{member}": Jagged(values[:, i].copy(), column.offsets) for i, member in enumerate(members)}


def write_friend(path: Path, columns: Mapping[str, Column], fill: Callable[[Path], None], read_back: Back) -> None:
    """Let ``fill`` write one file and compare it bit by bit with ``columns`` before it gets its name.

    Raises ``RunFolderError`` when the disk is full, the folder cannot be written, or the file does not hold what was
    written.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        fill(aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())  # some file systems tell only now that they are full
        _compare(path, columns, read_back, aside)
        aside.replace(path)
    except OSError as error:
        free = shutil.disk_usage(path.parent).free / 1e6
        raise RunFolderError(
            f"cannot write '{path}': {error.strerror or error} ({free:.0f} MB free); nothing was left under that "
            "name; make room or choose another folder with -o, then resume the run"
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _compare(path: Path, columns: Mapping[str, Column], read_back: Back, aside: Path) -> None:
    with reading(f"'{path}' was written but does not read back", RunFolderError, "look at the disk"):
        back = read_back(aside)
        wrong = [name for name, column in columns.items() if not _same(column, back[name])]
    if wrong:
        raise RunFolderError(f"'{path}': '{wrong[0]}' does not read back as it was written; look at the disk")


def _same(column: Column, back: Column) -> bool:
    if isinstance(column, Jagged):
        return _same_bits(column.values, back.values) and _same_bits(column.offsets, back.offsets)
    return _same_bits(column, back)


def _same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
