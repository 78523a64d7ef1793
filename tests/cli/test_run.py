"""hepdl run and resume: what is left on disk, what is said, and the exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import SCRIPT, Command

STOPS = '''"""A plugin that is stopped once while it learns."""
import os
import signal
from pathlib import Path

import torch
from hepdl.algorithm import Learner


class Stopped(Learner):
    """Stopped the first time."""

    number: int = 15
    """Signal."""

    def build(self, columns):
        return torch.nn.Linear(1, 1)

    def fit(self, train, validate):
        once = Path("once")
        if not once.exists():
            once.touch()
            signal.raise_signal(self.number)

    def execute(self, events):
        return {}
'''
BROKEN = '''from hepdl.algorithm import Selection


class Broken(Selection):
    """Fails."""

    def execute(self, events):
        return 1 / 0
'''


def read(place: Path, name: str) -> dict:
    return json.loads((place / "out" / name).read_text())


def loose_plugin(place: Path, text: str) -> None:
    (place / "loose").mkdir()
    (place / "loose/plugin.py").write_text(text)


def test_run_leaves_a_record_and_an_ending(hepdl: Command, place: Path) -> None:
    answer = hepdl("run", "script.py", "-o", "out")
    assert answer.code == 0, answer.err
    assert "400 entries read, 400 accounted for" in answer.out
    assert "- Filter" in answer.out and "waiting [s]" in answer.out
    assert read(place, "status.json") == {"state": "finished", "reason": ""}
    assert read(place, "ledger.json")["totals"]["read"] == 400
    origin = read(place, "provenance.json")
    assert origin["seed"] == 1 and origin["files"][0]["uuid"] and origin["versions"]["torch"]
    assert (place / "out/steering.py").read_text() == SCRIPT
    assert (place / "out/state/Standardize.safetensors").is_file()
    assert "accounted for" in (place / "out/report.txt").read_text()


def test_run_takes_the_next_free_folder(hepdl: Command, place: Path) -> None:
    (place / "runs/script_1").mkdir(parents=True)
    assert "run folder: runs/script_2" in hepdl("run", "script.py").out


def test_n_and_skip_count_entries_of_each_sample(hepdl: Command, place: Path) -> None:
    assert hepdl("run", "script.py", "-o", "out", "-n", "50", "--skip", "100").code == 0
    files = read(place, "ledger.json")["files"]
    assert [(f["first"], f["stop"], f["read"]) for f in files] == [(100, 150, 50)] * 2


def test_overrides_go_into_the_resolved_chain(hepdl: Command, place: Path) -> None:
    shutil.copy("signal.root", "other.root")
    words = ["-i", "signal=other.root", "--set", "Define.expression=3 * x", "--seed", "7", "--smoke"]
    answer = hepdl("run", "script.py", "-o", "out", *words)
    assert answer.code == 0, answer.err
    chain = read(place, "chain.json")
    assert chain[0]["parameters"]["samples"][0]["parameters"]["files"] == ["other.root"]
    assert chain[2]["parameters"]["expression"] == "3 * x"
    assert read(place, "command.json")["seed"] == 7


def test_dry_run_leaves_nothing(hepdl: Command, place: Path) -> None:
    answer = hepdl("run", "script.py", "--dry-run")
    assert answer.code == 0
    assert "selection='x > -2'" in answer.out and "signal.root" in answer.out and "nothing was run" in answer.out
    assert not (place / "runs").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-i", "signall=a.root"], "the script has no sample 'signall', did you mean 'signal'?"),
        (["--set", "Filtre.selection=x"], "'Filtre.selection': no such parameter, did you mean 'Filter.selection'?"),
        (["--set", "Filter.selection=3"], "Filter.selection: should be a valid string (got 3)"),
        (["-l", "Standardise=DEBUG"], "the chain has no step 'Standardise', did you mean 'Standardize'?"),
        (["-l", "LOUD"], "-l LOUD: there is no such level; there is: DEBUG, INFO, WARNING, ERROR"),
        (["--device", "cuda:77"], "--device cuda:77: torch"),
        (["-i", "signal=none.root"], "none.root"),
        (["--plugins", "nowhere"], "nowhere' does not exist"),
    ],
)
def test_wrong_words_are_told_before_a_folder_is_made(
    hepdl: Command, place: Path, words: list[str], message: str
) -> None:
    answer = hepdl("run", "script.py", *words)
    assert answer.code == 1
    assert message in answer.err
    assert not (place / "runs").exists()


def test_wrong_usage_is_2(hepdl: Command) -> None:
    assert hepdl("run", "script.py", "--set", "novalue").code == 2
    assert hepdl("run", "script.py", "--entrys", "3").code == 2


def test_failure_ends_with_cause_and_short_command(hepdl: Command, place: Path) -> None:
    answer = hepdl("run", "script.py", "--set", "Filter.selection=x > 1e9", "-o", "out", "-n", "20")
    assert answer.code == 1
    last = answer.err.strip().splitlines()[-1]
    assert last.startswith("failed: NothingLeft: ")
    assert last.endswith("again on 100 events: hepdl run script.py --set 'Filter.selection=x > 1e9' -n 100")
    assert read(place, "status.json")["state"] == "failed"


def test_run_folder_that_exists(hepdl: Command) -> None:
    assert hepdl("run", "script.py", "-o", "out").code == 0
    answer = hepdl("run", "script.py", "-o", "out")
    assert answer.code == 1
    assert "RunFolderError: 'out' exists and is not empty; 'hepdl resume out' goes on with it" in answer.err


@pytest.mark.parametrize(("number", "code", "why"), [(15, 143, "SIGTERM"), (2, 130, "Ctrl-C")])
def test_signal_saves_and_resume_goes_on(hepdl: Command, place: Path, number: int, code: int, why: str) -> None:
    loose_plugin(place, STOPS)
    script = SCRIPT.replace("import Define", "import Stopped, Define").replace("Chain(\n", "Chain(*[\n")
    (place / "stop.py").write_text(script.rstrip().removesuffix(")") + f"    Stopped(number={number}),\n])\n")
    answer = hepdl("run", "stop.py", "--plugins", "loose", "-o", "out")
    assert answer.code == code, answer.err
    assert f"stopped by {why}; go on with: hepdl resume out" in answer.err
    assert read(place, "status.json") == {"state": "interrupted", "reason": why}
    answer = hepdl("resume", "out")
    assert answer.code == 0, answer.err
    assert len(read(place, "provenance.json")["resumed"]) == 1
    assert "is finished; there is nothing to go on with" in hepdl("resume", "out").out


def test_bug_of_a_plugin_shows_its_traceback(hepdl: Command, place: Path) -> None:
    loose_plugin(place, BROKEN)
    script = SCRIPT.replace("import Define", "import Broken, Define").replace("Filter(", "Broken(), Filter(")
    (place / "bug.py").write_text(script)
    answer = hepdl("run", "bug.py", "--plugins", "loose", "-o", "out")
    assert answer.code == 1
    assert "return 1 / 0" in answer.err and "a bug of hepdl or of a plugin" in answer.err
    assert "failed: ZeroDivisionError" in answer.err.strip().splitlines()[-1]


def test_own_arguments_reach_the_script(hepdl: Command, place: Path) -> None:
    (place / "own.py").write_text("import sys\n" + SCRIPT.replace('"x > -2"', "sys.argv[1]"))
    assert hepdl("run", "own.py", "-o", "out", "--", "x > 0").code == 0
    assert read(place, "chain.json")[1]["parameters"]["selection"] == "x > 0"
    assert read(place, "command.json")["arguments"] == ["x > 0"]
