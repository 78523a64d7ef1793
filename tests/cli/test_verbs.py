"""list, describe, check, show: what they print."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import SCRIPT, Command


def test_list_shows_names_texts_and_origin(hepdl: Command) -> None:
    answer = hepdl("list")
    assert answer.code == 0
    line = next(line for line in answer.out.splitlines() if line.startswith("RootReader"))
    assert "ROOT files" in line and "hepdl 0." in line


def test_list_shows_loose_and_broken_plugins(hepdl: Command, place: Path) -> None:
    (place / "loose").mkdir()
    (place / "loose/good.py").write_text("class Mine(Algorithm):\n    '''My own.'''\n")
    (place / "loose/bad.py").write_text("class (\n")
    answer = hepdl("list", "--plugins", "loose")
    assert "My own." in answer.out
    assert "broken: " in answer.out and "bad.py: SyntaxError" in answer.out


def test_describe_gives_every_parameter(hepdl: Command) -> None:
    answer = hepdl("describe", "RootReader")
    assert "reader: the first step of a chain" in answer.out
    assert "RootReader(*samples" in answer.out
    assert "| `samples` | list of Sample |  | required | length ≥ 1 |" in answer.out
    assert "did you mean 'RootReader'?" in hepdl("describe", "RootRaeder").err


def test_check_prints_the_wiring(hepdl: Command) -> None:
    answer = hepdl("check", "script.py")
    assert answer.code == 0, answer.err
    assert "features (float32[2])" in answer.out
    assert "OK: 4 steps, 2 samples" in answer.out


def test_check_names_the_column_that_is_missing(hepdl: Command, place: Path) -> None:
    (place / "wrong.py").write_text(SCRIPT.replace('"2 * x"', '"2 * evnet"'))
    answer = hepdl("check", "wrong.py")
    assert answer.code == 1
    assert "'evnet', did you mean 'event'?" in answer.err


def test_check_warns_of_what_is_unwise(hepdl: Command, place: Path) -> None:
    learner = 'Supervised(network=Dense(inputs=["features"], layers=[2] * 9), optimizer=Adam(rate=5.0)),\n)'
    script = SCRIPT.replace("import Define", "import Adam, Dense, Supervised, Define").rstrip().removesuffix(")")
    (place / "unwise.py").write_text(script + learner)
    answer = hepdl("check", "unwise.py")
    assert answer.code == 0, answer.err
    assert "warning: Supervised: Adam(rate=5) is unusually large" in answer.out
    assert "warning: Supervised: 9 hidden layers of width 2 to 2 are too narrow for their depth" in answer.out


def test_show_gives_the_resolved_chain(hepdl: Command) -> None:
    answer = hepdl("show", "script.py")
    assert "chain = Chain(\n    RootReader(\n        samples=[\n            Sample(\n" in answer.out
    assert "Standardize(\n        columns=['x', 'twice'],\n        output='features'," in answer.out


def test_show_draws_the_flow(hepdl: Command) -> None:
    answer = hepdl("show", "--flow", "script.py")
    assert answer.out.startswith("flowchart LR\n")
    assert 's2 -- "twice" --> s3' in answer.out and 's0 -- "x" --> s1' in answer.out


def test_show_of_a_run_is_that_of_its_script(hepdl: Command) -> None:
    assert hepdl("run", "script.py", "-o", "out").code == 0
    assert hepdl("show", "out").out == hepdl("show", "script.py").out


def test_version_and_help(hepdl: Command) -> None:
    assert hepdl("--version").out.startswith("hepdl 0.")
    assert "of EACH sample" in " ".join(hepdl("run", "--help").out.replace("│", " ").split())
