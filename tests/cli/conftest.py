"""A small place to work in: two ROOT files, a script, a plugin folder, and the command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import uproot

from hepdl.cli import main

SCRIPT = '''"""Two samples, one learned step."""

from hepdl import Chain, Sample
from hepdl.algorithms import Define, Filter, RootReader, Standardize

chain = Chain(
    RootReader(
        Sample("signal", "signal.root", label=1),
        Sample("background", "background.root", label=0),
        tree="events",
    ),
    Filter("x > -2"),
    Define("twice", "2 * x"),
    Standardize(["x", "twice"], output="features"),
)
'''


class Answer(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data and ``script.py``, which is the current one; the process is restored behind it."""
    random = np.random.default_rng(1)
    for number, name in enumerate(("signal", "background")):
        with uproot.recreate(tmp_path / f"{name}.root") as file:
            file["events"] = {"x": random.normal(number, 1, 200), "event": np.arange(200) + 1000 * number}
    (tmp_path / "script.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("HEPDL_PLUGINS", "")
    return tmp_path


@pytest.fixture
def hepdl(place: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, in this process."""

    def call(*words: str) -> Answer:
        with pytest.raises(SystemExit) as end:
            main(words)
        code = end.value.code
        return Answer(code if isinstance(code, int) else 0, *capsys.readouterr())

    return call
