"""File names as a physicist writes them: ``~``, ``$VARIABLES``, wildcards, ``file.root:tree``, ``@list.txt``."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hepdl.errors import InputError, did_you_mean
from hepdl.sources import Sample

SAMPLED = 1 << 16
"""Bytes at the head, in the middle and at the end of a file that tell it from others."""


class Place(NamedTuple):
    """One file of one sample, and the tree in it that the pattern named (empty for none)."""

    sample: Sample
    path: str
    tree: str


def expand(samples: Iterable[Sample]) -> list[Place]:
    """The files of all samples in order, those of one pattern in natural order (``w_2`` before ``w_10``).

    Raises ``InputError`` for a missing file, a pattern without a match, and a file that would be read twice.
    """
    places = [place for sample in samples for pattern in _patterns(sample) for place in _matches(sample, pattern)]
    _refuse_twice(places)
    return places


def fingerprint(path: str) -> str:
    """Identity of the content of a file that holds none, from its size and samples of its bytes."""
    size = Path(path).stat().st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    with Path(path).open("rb") as file:
        for place in (0, size // 2, max(0, size - SAMPLED)):
            file.seek(place)
            digest.update(file.read(SAMPLED))
    return digest.hexdigest()


def natural(text: str) -> list[tuple[int, str]]:
    """Sort key that counts: numbers in a name compare as numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text) if part]


def _patterns(sample: Sample) -> Iterator[str]:
    """The patterns of a sample; ``@list.txt`` stands for those in a file, one a line or a table as Rucio prints it."""
    for pattern in sample.patterns:
        if pattern.startswith("@"):
            for place in _matches(sample, pattern[1:]):
                yield from _listed(sample, place.path)
        else:
            yield pattern


def _listed(sample: Sample, path: str) -> list[str]:
    try:
        lines = [line.strip() for line in Path(path).read_text().splitlines()]
    except UnicodeDecodeError:
        raise InputError(f"sample '{sample.name}': '{path}' is no list of files; write its name without @") from None
    found = [_entry(line) for line in lines if line and not line.startswith("#")]
    found = [entry for entry in found if entry]
    if not found:
        raise InputError(f"sample '{sample.name}': the list '{path}' names no file")
    return found


def _entry(line: str) -> str:
    """The file that a line names: all of it, or in a table the last word with a slash; empty for none."""
    if not line.startswith(("|", "+")):
        return line.strip(" ,'\"").removeprefix("file://")
    words = [word for word in re.split(r"[|\s]+", line) if "/" in word]
    return words[-1].removeprefix("file://") if words else ""


def _matches(sample: Sample, pattern: str) -> list[Place]:
    _refuse_remote(sample, pattern)
    files, tree = _split_tree(pattern)
    path = os.path.expandvars(os.path.expanduser(files))  # noqa: PTH111  (a pattern, not a path)
    if Path(path).is_dir():
        suffix = next((entry.suffix for entry in sorted(Path(path).iterdir()) if entry.suffix), ".root")
        raise InputError(f"sample '{sample.name}': '{pattern}' is a folder; write '{path.rstrip('/')}/*{suffix}'")
    if Path(path).exists():
        return [Place(sample, path, tree)]
    found = [name for name in glob.glob(path, recursive=True) if not Path(name).is_dir()]  # noqa: PTH207
    if not found:
        raise InputError(_nothing(sample, pattern, path))
    return [Place(sample, name, tree) for name in sorted(found, key=natural)]


def _refuse_remote(sample: Sample, pattern: str) -> None:
    remote = re.match(r"(\w+)://", pattern)
    if remote:
        copy = "xrdcp" if remote[1] in ("root", "xroot", "roots") else "curl -O"
        raise InputError(
            f"sample '{sample.name}': '{pattern}' is on a server, only files in folders of this machine are read; "
            f"copy it ({copy} '{pattern}' .) or name the folder where it is mounted, such as /eos"
        )


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
