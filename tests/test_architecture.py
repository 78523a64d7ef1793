"""Decisions worth keeping: who may import whom, what loads nothing, how large things are, what is documented."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hepdl import plugins
from hepdl.contract.form import documented, typed

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "hepdl").rglob("*.py"))
PACKS = sorted((ROOT / "plugins").rglob("*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

FLOORS = [
    {"errors", "hooks", "clock", "data.allocator", "data.ahead"},
    {"columns", "description", "jagged", "events", "patterns"},
    {"sources", "samples", "ledger", "expressions", "patterns", "plugins", "record", "provenance", "tensorboard"},
    {"job", "data.split", "data.ranges", "data.store", "data.sinks", "data.cache"},
    {"data.packed", "data.table", "data.tensors", "data.transfer", "data.mixture", "noise"},
    {"data.rows", "data.pools", "data.values", "learning"},
    {"algorithm"},
    {"varying", "order"},
    {"chain"},
    {"data", "engine", "algorithms", "trained"},
    {"contract"},
    {"cli", "__main__"},
]
"""Modules and rooms from the ground up: a module imports from its own floor or from below."""

WINDOWS = {"", "data"}
"""Packages whose __init__ only shows what other modules hold."""

UPWARD: dict[tuple[str, str], str] = {}
"""(module, what it imports from above) → why."""

LONG_FILES: dict[str, str] = {}
"""File of more than 300 lines → why."""

LONG_FUNCTIONS: dict[str, str] = {}
"""``file:function`` of more than 40 lines → why."""


def module_of(path: Path) -> str:
    """``data.rows`` for hepdl/data/rows.py."""
    parts = path.relative_to(ROOT / "hepdl").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(node: ast.AST) -> Iterator[str]:
    """Full names of all that is imported when code runs (not what is for the type checker alone)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        if isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from imports(child)


def floor_of(name: str) -> int:
    """The floor of a module of hepdl, by its longest known prefix; -1 when it has none."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        for floor, rooms in enumerate(FLOORS):
            if ".".join(parts[:length]) in rooms:
                return floor
    return -1


@pytest.mark.parametrize("path", CORE, ids=module_of)
def test_no_import_upward(path: Path) -> None:
    module = module_of(path)
    if module in WINDOWS:
        return
    assert floor_of(module) >= 0, f"hepdl.{module} stands on no floor: put it into FLOORS"
    for name in imports(ast.parse(path.read_text())):
        other = name.removeprefix("hepdl.")
        if name.startswith("hepdl.") and other != "__version__" and (module, other) not in UPWARD:
            assert 0 <= floor_of(other) <= floor_of(module), f"hepdl.{module} imports {name} from above"


@pytest.mark.parametrize("path", CORE, ids=module_of)
def test_core_knows_no_plugin(path: Path) -> None:
    tree = ast.parse(path.read_text())
    packs = {pack.name for pack in (ROOT / "plugins").iterdir()}
    imported = {name.split(".")[0] for name in imports(tree)}
    assert not imported & packs
    offered = {entry.name for entry in plugins.registry().values() if entry.place.split(".")[0] in packs}
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    words |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not words & offered, f"hepdl.{module_of(path)} names an algorithm"


@pytest.mark.parametrize("path", PACKS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_packs_stand_alone(path: Path) -> None:
    others = {pack.name for pack in (ROOT / "plugins").iterdir()} - {path.relative_to(ROOT / "plugins").parts[0]}
    imported = {name.split(".")[0] for name in imports(ast.parse(path.read_text()))}
    assert not imported & others, "a pack could move to a repository of its own"
    assert "hepdl.cli" not in {".".join(name.split(".")[:2]) for name in imports(ast.parse(path.read_text()))}


@pytest.mark.parametrize("hook", sorted((ROOT / "plugins").glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_hooks_import_nothing_heavy(hook: Path) -> None:
    assert set(imports(ast.parse(hook.read_text()))) <= {"hepdl.hooks.Offer", "hepdl.hooks.hookimpl"}


@pytest.mark.parametrize(
    "code", ["import hepdl", "from hepdl.cli import main; main(['list'])", "import hepdl.chain, hepdl.engine"]
)
def test_loads_nothing_heavy(code: str) -> None:
    heavy = ["torch", "awkward", "matplotlib", "uproot", "sklearn", "pandas"]
    program = (
        f"import sys\ntry:\n    exec({code!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print('LOADED', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "LOADED []" in done.stdout, done.stdout + done.stderr


def test_nothing_is_broken() -> None:
    assert plugins.failures() == []


@pytest.mark.parametrize("name", plugins.registry())
def test_what_is_offered_can_be_had_and_is_documented(name: str) -> None:
    entry = plugins.registry()[name]
    found = plugins.load(name)
    assert found.__name__ == name
    assert entry.text
    assert not documented(found)
    assert not typed(found)


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in [*CORE, *PACKS]}
    assert {name: n for name, n in lengths.items() if n > 300 and name not in LONG_FILES} == {}
    assert statistics.median(lengths.values()) < 130


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    lengths: dict[str, int] = {}
    for path in [*CORE, *PACKS]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                lengths[f"{path.relative_to(ROOT)}:{node.name}:{node.lineno}"] = body_lines(node)
    long = {name: n for name, n in lengths.items() if n > 40 and name.rpartition(":")[0] not in LONG_FUNCTIONS}
    assert long == {}
    assert statistics.median(lengths.values()) <= 8


def test_exceptions_from_the_rules_are_still_needed() -> None:
    for name in LONG_FILES:
        assert len((ROOT / name).read_text().splitlines()) > 300
    names = {module_of(path): set(imports(ast.parse(path.read_text()))) for path in CORE}
    for module, other in UPWARD:
        assert f"hepdl.{other}" in names[module]


def test_no_room_for_leftovers() -> None:
    assert [path for path in [*CORE, *PACKS] if path.stem in ("utils", "util", "helpers", "misc", "common")] == []


def test_every_steering_script_is_in_the_documentation() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    assert [script.name for script in sorted((ROOT / "steering").glob("*.py")) if script.name not in text] == []


@pytest.mark.parametrize("script", sorted((ROOT / "steering").glob("*.py")), ids=lambda path: path.stem)
def test_steering_scripts_only_describe(script: Path) -> None:
    tree = ast.parse(script.read_text())
    assert ast.get_docstring(tree)
    logic = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.Lambda)
    assert [type(node).__name__ for node in ast.walk(tree) if isinstance(node, logic)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_in_pages_parses(page: Path) -> None:
    for code in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S):
        ast.parse(code)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_in_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if not re.match(r"\w+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
