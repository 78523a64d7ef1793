"""Finding plugins: installed packages by entry point, loose files by folder; both answer the one hook.

Built-ins are found exactly like a stranger's package. Listing imports only the small modules that answer the hook;
what is offered is imported when somebody asks for it by name.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
import os
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pluggy

from hepdl import hooks
from hepdl.description import Description
from hepdl.errors import BrokenPlugin, UnknownAlgorithm, did_you_mean

GROUP = "hepdl"
FOLDERS_VARIABLE = "HEPDL_PLUGINS"


@dataclass(frozen=True)
class Entry:
    """One offered name and who offers it."""

    name: str
    place: str
    text: str
    distribution: str
    version: str


class Failure(NamedTuple):
    """A plugin that could not answer, or a name that two plugins offer."""

    plugin: str
    reason: str


class _Folder:
    """A folder of loose plugin files: each public class with a base and a docstring is offered, nothing imported."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @hooks.hookimpl
    def hepdl_algorithms(self) -> list[hooks.Offer]:
        tree = ast.parse(self.file.read_text(encoding="utf-8"), filename=str(self.file))
        return [
            hooks.Offer(node.name, f"{self.file}:{node.name}", (ast.get_docstring(node) or "").split("\n")[0])
            for node in tree.body
            if isinstance(node, ast.ClassDef) and node.bases and not node.name.startswith("_")
        ]


def registry() -> dict[str, Entry]:
    """Every offered name → who offers it; names that two plugins offer are left out and stand in failures()."""
    return _survey()[0]


def failures() -> list[Failure]:
    """Plugins that could not answer and names that clash."""
    return _survey()[1]


def load(name: str) -> type[Description]:
    """The class behind a name."""
    entries, troubles = _survey()
    if name not in entries:
        clash = [trouble.reason for trouble in troubles if trouble.plugin == name]
        if clash:
            raise BrokenPlugin(clash[0])
        broken = "".join(f"\n  plugin {t.plugin} could not be asked: {t.reason}" for t in troubles)
        raise UnknownAlgorithm(f"no plugin offers '{name}'{did_you_mean(name, entries)}{broken}")
    return _import(entries[name])


def folders() -> list[Path]:
    """Plugin folders that were asked for, by ``--plugins`` or the variable HEPDL_PLUGINS."""
    return [Path(part).expanduser() for part in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if part]


def add_folder(folder: str | Path) -> None:
    """Use the loose plugin files of a folder too, here and in processes that this one starts."""
    known = [str(path) for path in folders()]
    path = str(Path(folder).expanduser().resolve())
    if path not in known:
        os.environ[FOLDERS_VARIABLE] = os.pathsep.join([*known, path])


def _survey() -> tuple[dict[str, Entry], list[Failure]]:
    return _survey_of(os.environ.get(FOLDERS_VARIABLE, ""), tuple(sys.path))


@functools.lru_cache(maxsize=8)
def _survey_of(_folders: str, _path: tuple[str, ...]) -> tuple[dict[str, Entry], list[Failure]]:
    offered: dict[str, Entry] = {}
    troubles: list[Failure] = []
    for plugin, distribution, version, answer in _answers(troubles):
        for offer in answer:
            entry = Entry(offer.name, offer.place, offer.text, distribution, version)
            other = offered.setdefault(offer.name, entry)
            if other is not entry and other.place != entry.place:
                troubles.append(Failure(offer.name, _clash(other, entry, plugin)))
    for trouble in troubles:
        offered.pop(trouble.plugin, None)
    return dict(sorted(offered.items())), troubles


def _clash(one: Entry, other: Entry, plugin: str) -> str:
    return (
        f"'{one.name}' is offered twice: by {one.distribution} {one.version} ({one.place}) and by "
        f"{other.distribution or plugin} {other.version} ({other.place}); remove one of them, or rename the class"
    )


def _answers(troubles: list[Failure]) -> list[tuple[str, str, str, list[hooks.Offer]]]:
    answers = []
    for entry_point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        distribution, version = _distribution(entry_point)
        try:
            answers.append((entry_point.name, distribution, version, _ask(entry_point.load())))
        except Exception as error:  # a stranger's plugin may fail in any way; it is reported, not hidden
            troubles.append(Failure(f"{entry_point.name} ({distribution} {version})", _reason(error)))
    for folder in folders():
        if not folder.is_dir():
            raise BrokenPlugin(f"plugin folder '{folder}' does not exist")
        for file in sorted(folder.glob("*.py")):
            try:
                answers.append((str(file), str(file), "", _ask(_Folder(file))))
            except Exception as error:
                troubles.append(Failure(str(file), _reason(error)))
    return answers


def _ask(plugin: ModuleType | object) -> list[hooks.Offer]:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hooks)
    manager.register(plugin)
    return [hooks.Offer(*offer) for answer in manager.hook.hepdl_algorithms() for offer in answer]


def _distribution(entry_point: EntryPoint) -> tuple[str, str]:
    found = entry_point.dist
    return (found.name, found.version) if found else (entry_point.value, "")


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _import(entry: Entry) -> type[Description]:
    module_name, _, class_name = entry.place.rpartition(":")
    try:
        is_file = module_name.endswith(".py")
        module = _import_file(Path(module_name)) if is_file else importlib.import_module(module_name)
        found = getattr(module, class_name)
    except Exception as error:
        raise BrokenPlugin(
            f"'{entry.name}' of {entry.distribution} {entry.version} cannot be imported from {entry.place}: "
            f"{_reason(error)}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Description)):
        raise BrokenPlugin(f"'{entry.name}' at {entry.place} is not a class derived from hepdl.Description")
    return found


def _import_file(file: Path) -> ModuleType:
    name = f"hepdl_loose_{file.stem}_{abs(hash(str(file.resolve())))}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BrokenPlugin(f"'{file}' is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
