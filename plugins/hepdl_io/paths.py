"""File names as a physicist writes them: ``~``, ``$VARIABLES``, wildcards, ``file.root:tree``."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from hepdl.errors import InputError, did_you_mean
from hepdl.sources import Sample


class Place(NamedTuple):
    """One file of one sample, and the tree in it that the pattern named (empty for none)."""

    sample: Sample
    path: str
    tree: str


def expand(samples: Iterable[Sample]) -> list[Place]:
    """The files of all samples in order, those of one pattern in natural order (``w_2`` before ``w_10``).

    Raises ``InputError`` for a missing file, a pattern without a match, and a file that would be read twice.
    """
    places = [place for sample in samples for pattern in sample.patterns for place in _matches(sample, pattern)]
    _refuse_twice(places)
    return places


def natural(text: str) -> list[tuple[int, str]]:
    """Sort key that counts: numbers in a name compare as numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text) if part]


def _matches(sample: Sample, pattern: str) -> list[Place]:
    files, tree = _split_tree(pattern)
    path = os.path.expandvars(os.path.expanduser(files))  # noqa: PTH111  (a pattern, not a path)
    if Path(path).is_dir():
        raise InputError(f"sample '{sample.name}': '{pattern}' is a folder; write '{path.rstrip('/')}/*.root'")
    if Path(path).exists():
        return [Place(sample, path, tree)]
    found = [name for name in glob.glob(path, recursive=True) if not Path(name).is_dir()]  # noqa: PTH207
    if not found:
        raise InputError(_nothing(sample, pattern, path))
    return [Place(sample, name, tree) for name in sorted(found, key=natural)]


def _split_tree(pattern: str) -> tuple[str, str]:
    named = re.fullmatch(r"(.*\.root):([^:]+)", pattern)
    return (named[1], named[2]) if named else (pattern, "")


def _nothing(sample: Sample, pattern: str, path: str) -> str:
    fact = f"no file matches '{pattern}'" if glob.has_magic(path) else f"file '{pattern}' does not exist"
    variable = re.search(r"\$\{?(\w+)", path)
    if variable:
        return f"sample '{sample.name}': {fact}; the environment variable '{variable[1]}' is not set"
    folder, name = _first_missing(Path(path))
    there = sorted((entry.name for entry in folder.iterdir()), key=natural)
    what = "folder" if name != Path(path).name else "file"
    return (
        f"sample '{sample.name}': {fact} (current folder '{Path.cwd()}'); "
        f"there is no {what} '{name}' in '{folder}'{did_you_mean(name, there)}"
    )


def _first_missing(path: Path) -> tuple[Path, str]:
    """The deepest folder that exists on the way to ``path``, and the name that is not in it."""
    folder = path.parent
    while not folder.is_dir():
        path, folder = folder, folder.parent
    return folder, path.name


def _refuse_twice(places: list[Place]) -> None:
    seen: dict[tuple[str, str], Place] = {}
    for place in places:
        first = seen.setdefault((os.path.realpath(place.path), place.tree), place)
        if first is not place:
            raise InputError(
                f"file '{place.path}' would be read twice: in sample '{first.sample.name}' as '{first.path}' and in "
                f"sample '{place.sample.name}' as '{place.path}'; name it once, or each event would count twice"
            )
