"""The benchmarks run at toy size, without their peers."""

import argparse
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import data_path
    import training

    yield data_path, training
    for name in ("data_path", "training"):
        del sys.modules[name]


@pytest.fixture
def figures(capsys):
    return lambda: json.loads(capsys.readouterr().out.splitlines()[-1])


def test_data_path(scripts, figures, tmp_path):
    from side_by_side.jets import jet_files

    script, _ = scripts
    files = [str(path) for path in jet_files(tmp_path, 2, 60)]
    words = argparse.Namespace(scratch=tmp_path, files=files, jets=60, number=2, memory=None)
    for name in ("prepare", "cached", "gather", "first_pass", "iterate"):
        script.PARTS[name](words)
        assert all(value > 0 for value in figures().values()), name


def test_training(scripts, figures, tmp_path):
    _, script = scripts
    words = script.sized(argparse.Namespace(scratch=tmp_path, quick=True, one=None, repeats=1))
    for name in ("prepare", "dense", "bare_dense", "bare_pfn", "bare_packed"):
        script.PARTS[name](words)
        assert next(iter(figures().values())) > 0, name
    words.events = 300
    script.pfn(words)
    assert figures()["later"] > 0


def test_packed_deep_sets_are_the_padded_ones(scripts):
    import torch
    from side_by_side.jets import LISTS
    from side_by_side.ours import deep_sets

    from hepdl.columns import Columns, ColumnType
    from hepdl.events import Jagged

    _, script = scripts
    packed = deep_sets().build(Columns(dict.fromkeys(LISTS, ColumnType(jagged=True))), 1)
    padded = script.PaddedSets()
    padded.load_state_dict(dict(zip(padded.state_dict(), packed.state_dict().values(), strict=True)))
    offsets = torch.tensor([0, 4, 4, 9])
    lists = [Jagged(torch.randn(9), offsets) for _ in LISTS]
    values, masks = zip(*(each.padded(6) for each in lists), strict=True)
    both = packed(*lists), padded(torch.stack(values, 2), masks[0][..., None].float())
    torch.testing.assert_close(*both, atol=1e-5, rtol=1e-5)


def test_a_contest_tells_median_spread_and_marks(scripts):
    from side_by_side.contest import Contestant, Mark, contest, figures_table, marks_table

    programs = {name: f"print('{{\"later\": {value}}}')" for name, value in (("ours", 30.0), ("theirs", 10.0))}
    ours, theirs = (Contestant(name, [sys.executable, "-c", code]) for name, code in programs.items())
    broken = Contestant("broken", [sys.executable, "-c", "raise ValueError('no such peer')"])
    contest([ours, theirs, broken], repeats=2)
    assert "30 (30–30)" in "".join(figures_table([ours], ["later"]))
    assert "no such peer" in "".join(figures_table([broken], ["later"]))
    lines = marks_table("row", ours, [theirs, broken], [
        Mark("theirs", "later", "later", 2, 4), Mark("theirs", "later", "later", 5, 9), Mark("broken", "x", "x", 1, 1),
    ])  # fmt: skip
    assert [line.split("|")[-2].strip() for line in lines] == ["met", "**not met**", "not measured"]
