"""What is light must stay light: nothing heavy is loaded to import hepdl or to list, no torch to check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hepdl.plugins import registry

LOADED = "import sys; print(sorted({'torch', 'awkward', 'uproot', 'matplotlib'} & set(sys.modules)))"
VERB = "from hepdl.cli import main\ntry: main({words})\nexcept SystemExit as end: assert not end.code\n"
ALL = "from hepdl.plugins import load, registry\nfor name in registry(): load(name)\n"


def loaded_by(code: str) -> str:
    answer = subprocess.run([sys.executable, "-c", f"{code}\n{LOADED}"], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("code", ["import hepdl", VERB.format(words=["list"]), VERB.format(words=["run", "--help"])])
def test_nothing_heavy_is_loaded(code: str) -> None:
    assert loaded_by(code) == "[]"


def test_check_loads_no_torch(place: Path) -> None:
    assert "torch" not in loaded_by(VERB.format(words=["check", "script.py"]))


def test_no_description_loads_torch() -> None:
    assert registry()
    assert "torch" not in loaded_by(ALL)


def test_threads_of_openmp_do_not_spin_unless_the_user_says_so(monkeypatch):
    import os

    from hepdl.cli import _tame_threads

    for name, value, expected in (("OMP_WAIT_POLICY", "active", None), ("GOMP_SPINCOUNT", "9", "9"), ("", "", "0")):
        with monkeypatch.context() as inner:
            inner.delenv("GOMP_SPINCOUNT", raising=False)
            inner.delenv("OMP_WAIT_POLICY", raising=False)
            if name:
                inner.setenv(name, value)
            _tame_threads()
            assert os.environ.get("GOMP_SPINCOUNT") == expected
            os.environ.pop("GOMP_SPINCOUNT", None)
