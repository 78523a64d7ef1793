"""Keys: what a cached column depends on, folded into a name.

A column is keyed by its own definition and, through the part that it lies in, by the file, the entries and the
selection: change any of them, or the code of an algorithm that acted, and it is another column.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hepdl.algorithm import Expansion, Reader, Selection, Step
from hepdl.chain import host_names, to_json
from hepdl.sources import Source

Definition = Any
"""Nested lists and texts that say how a column came about."""


class Keys:
    """Keys of the part and of the columns of one file, after some host steps."""

    def __init__(self, reader: Reader, steps: Sequence[Step], source: Source, entries: tuple[int, int]) -> None:
        self._source = source
        self._defined = _engine_columns(reader, source)
        rows: list[Definition] = []
        expansion: Definition = None  # the same step makes another column of events than of objects
        for step in steps:
            inputs = [self._definition(name) for name in sorted(host_names(step))]
            made = [_plain(step), code_of(type(step)), inputs, expansion]
            if isinstance(step, Selection | Expansion):
                rows.append(made)
            if isinstance(step, Expansion):
                expansion = made
            for name in step.wired("output"):
                self._defined[name] = [made, name]
        origin = [_reader(reader), code_of(type(reader)), own_code(), file_identity(source), list(entries)]
        self.part = digest([origin, rows])
        self.weight = self.column("weight")

    def column(self, name: str) -> str:
        """Key of a column of the selected events within the part."""
        return digest(["selected", name, self._definition(name)])

    def file_column(self, name: str) -> str:
        """Key of a column of all entries within the part."""
        return digest(["all", name])

    def _definition(self, name: str) -> Definition:
        return self._defined.get(name, ["branch", name])


def digest(value: Any) -> str:
    """A short name for nested lists, texts and numbers."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def file_identity(source: Source) -> list[Any]:
    """Path, size, time of change and UUID of a file; for one that is not on this disk what the format says."""
    places = [_place(Path(path)) for path in (source.path, *source.beside)]
    return [*places[0], source.uuid, source.entries, source.tree, *places[1:]]


def _place(path: Path) -> list[Any]:
    stat = path.stat() if path.exists() else None
    return [str(path.resolve()), stat.st_size, stat.st_mtime_ns] if stat else [str(path)]


@functools.cache
def code_of(cls: type) -> str:
    """A digest of the package in which a class is written, so that an edited plugin is another one."""
    try:
        file = Path(inspect.getsourcefile(cls) or "")
    except TypeError:
        file = Path()
    if not file.is_file():
        return cls.__qualname__
    return _digest_of(sorted(file.parent.glob("*.py")) if (file.parent / "__init__.py").exists() else [file])


@functools.cache
def own_code() -> str:
    """A digest of the framework's code that decides what a column holds."""
    here = Path(__file__).parent
    files = [here / "entries.py", here / "host.py", here / "split.py", *sorted(here.parent.glob("expressions/*.py"))]
    return _digest_of(files)


def _digest_of(files: Sequence[Path]) -> str:
    return digest([hashlib.blake2b(file.read_bytes()).hexdigest() for file in files])


def _engine_columns(reader: Reader, source: Source) -> dict[str, Definition]:
    sample = source.sample
    keyed_by = [sample.key, reader.identity] if reader.identity else [sample.key, source.uuid]
    return {
        "entry": ["entry"],
        "weight": ["weight", sample.weight],
        "label": ["label", sample.label],
        "part": ["part", to_json(reader.split), keyed_by],
    }


def _plain(step: Step) -> Any:
    parameters = to_json(step)
    parameters["parameters"].pop("name")
    return parameters | {"fingerprint": step.fingerprint()}


def _reader(reader: Reader) -> Any:
    parameters = _plain(reader)
    for name in ("samples", "split", "identity", "several_per_event", "luminosity", "timeout"):
        parameters["parameters"].pop(name)
    return parameters
