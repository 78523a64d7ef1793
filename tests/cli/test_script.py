"""Steering scripts: what is wrong with one is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepdl.cli.script import load_script
from hepdl.errors import HepdlError, ScriptError
from tests.cli.conftest import SCRIPT, Command


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "no variable 'chain'; a steering script defines one"),
        ("chain = 3", "'chain' is a int, it must be a Chain"),
        (SCRIPT.replace("chain =", "chian ="), "no variable 'chain'; there is a Chain named 'chian', name it 'chain'"),
        ("chain = Chain(", r"wrong\.py, line 1: '\(' was never closed\n    chain = Chain\("),
        ("import os\nx = y + 1", r"NameError: name 'y' is not defined\n.*wrong\.py, line 2:\n    x = y \+ 1"),
    ],
)
def test_wrong_scripts(place: Path, text: str, message: str) -> None:
    (place / "wrong.py").write_text(text)
    with pytest.raises(ScriptError, match=message):
        load_script(Path("wrong.py"))


def test_missing_script(place: Path) -> None:
    with pytest.raises(ScriptError, match=r"no steering script 'skript\.py', did you mean 'script\.py'\?"):
        load_script(Path("skript.py"))
    with pytest.raises(ScriptError, match="is a folder"):
        load_script(place)


def test_wrong_parameter_is_told_with_its_line(hepdl: Command, place: Path) -> None:
    (place / "wrong.py").write_text(SCRIPT.replace('Filter("x > -2")', 'Filter(selektion="x > -2")'))
    answer = hepdl("check", "wrong.py")
    assert answer.code == 1
    assert "Filter.selektion: unknown parameter, did you mean 'selection'?" in answer.err
    assert 'wrong.py, line 12:\n    Filter(selektion="x > -2"),' in answer.err


def test_wrong_algorithm_is_told_with_its_line(place: Path) -> None:
    (place / "wrong.py").write_text(SCRIPT.replace("Standardize\n", "Standardise\n"))
    with pytest.raises(HepdlError, match=r"no plugin offers 'Standardise', did you mean 'Standardize'\?") as error:
        load_script(Path("wrong.py"))
    assert "wrong.py, line 4" in error.value.__notes__[0]


def test_neighbours_are_found_and_kept(place: Path) -> None:
    (place / "cuts_of_this_test.py").write_text("CUT = 'x > -2'\n")
    (place / "script.py").write_text("from cuts_of_this_test import CUT\n" + SCRIPT.replace('"x > -2"', "CUT"))
    assert load_script(Path("script.py")).neighbours == {"cuts_of_this_test.py": "CUT = 'x > -2'\n"}
