"""The steering script: read once, with its folder on the path, for the one chain it defines."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hepdl.errors import HepdlError, ScriptError, did_you_mean

if TYPE_CHECKING:
    from hepdl.chain import Chain


@dataclass(frozen=True)
class Script:
    """A steering script that was read."""

    path: Path
    text: str
    chain: Chain
    neighbours: dict[str, str] = field(default_factory=dict)
    """Path below the script's folder → text of the modules beside the script that it imported."""


def load_script(path: Path, arguments: Sequence[str] = ()) -> Script:
    """Run the script's own lines, which only describe, and take its ``chain``.

    ``arguments`` are the script's own ones, as its ``sys.argv[1:]``.

    Raises:
        ScriptError: there is no such file, it fails, or it does not define one Chain named ``chain``.
        HepdlError: as raised by a description, with the line of the script added as a note.
    """
    text = _text(path)
    before = set(sys.modules)
    names = _namespace(path, text, arguments)
    return Script(path, text, _chain(path, names), _neighbours(path.resolve().parent, before))


def _text(path: Path) -> str:
    if path.is_dir():
        raise ScriptError(f"'{path}' is a folder, a steering script is needed (a .py file that defines 'chain')")
    try:
        return path.read_text()
    except FileNotFoundError:
        raise ScriptError(f"there is no steering script '{path}'{_scripts_nearby(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"cannot read the steering script '{path}': {error}") from None


def _scripts_nearby(path: Path) -> str:
    near = sorted(str(other) for other in path.parent.glob("*.py"))
    return did_you_mean(str(path), near) if near else ""


def _namespace(path: Path, text: str, arguments: Sequence[str]) -> dict[str, Any]:
    module = ModuleType(f"steering_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # classes defined in the script look up their annotations here
    sys.path.insert(0, str(path.resolve().parent))
    sys.argv = [str(path), *arguments]
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)
    except HepdlError as error:
        error.add_note(_line_of(error, path, text))
        raise
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise ScriptError(f"{error.filename}, line {error.lineno}: {error.msg}\n    {line}") from error
    except Exception as error:
        raise ScriptError(f"{type(error).__name__}: {error}\n{_line_of(error, path, text)}") from error
    return vars(module)


def _line_of(error: BaseException, path: Path, text: str) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    if not lines or lines[-1] is None:
        return f"in {path}"
    return f"{path}, line {lines[-1]}:\n    {text.splitlines()[lines[-1] - 1].strip()}"


def _chain(path: Path, names: dict[str, Any]) -> Chain:
    from hepdl.chain import Chain

    found = names.get("chain")
    if isinstance(found, Chain):
        return found
    others = [name for name, value in names.items() if isinstance(value, Chain)]
    if found is not None:
        raise ScriptError(f"{path}: 'chain' is a {type(found).__name__}, it must be a Chain(reader, step, ...)")
    if others:
        raise ScriptError(f"{path}: no variable 'chain'; there is a Chain named '{others[0]}', name it 'chain'")
    raise ScriptError(f"{path}: no variable 'chain'; a steering script defines one: chain = Chain(reader, step, ...)")


def _neighbours(folder: Path, before: set[str]) -> dict[str, str]:
    known = {name.split(".")[0] for name in before}
    found = {}
    for name, module in list(sys.modules.items()):
        top = name.split(".")[0]
        if top in known or not ((folder / f"{top}.py").is_file() or (folder / top).is_dir()):
            continue
        file = Path(getattr(module, "__file__", None) or "").resolve()
        if file.suffix == ".py" and file.is_relative_to(folder):
            found[str(file.relative_to(folder))] = file.read_text()
    return found
