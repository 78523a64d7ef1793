"""GoldenJson against a plain loop; what is wrong in a file; the cache goes by its content."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hepdl_prepare.golden_json import GoldenJson

from hepdl.columns import Columns, ColumnType
from hepdl.errors import InputError, MissingColumn, WiringError
from hepdl.events import Events

INTEGER = ColumnType("int64")
COLUMNS = Columns(run=INTEGER, luminosityBlock=ColumnType("uint32"), data=ColumnType("bool"), x=ColumnType())
GOLDEN = {"355100": [[1, 5], [7, 7], [9, 400]], "355000": [[20, 30]], "1": [], "355101": [[2, 3], [1, 9]]}


@pytest.fixture
def golden(tmp_path: Path) -> str:
    (tmp_path / "golden.json").write_text(json.dumps(GOLDEN))
    return str(tmp_path / "golden.json")


def test_sections_agree_with_a_loop(golden: str) -> None:
    random = np.random.default_rng(1)
    run, lumi = random.choice([1, 354999, 355000, 355100, 355101], 2000), random.integers(1, 40, 2000)
    mask = GoldenJson(golden).execute(Events({"run": run.astype(np.uint32), "luminosityBlock": lumi.astype(np.uint32)}))
    expected = [any(a <= s <= b for a, b in GOLDEN.get(str(r), [])) for r, s in zip(run, lumi, strict=True)]
    assert mask.tolist() == expected
    assert 0 < mask.sum() < 2000


def test_only_some_events_must_be_certified(golden: str) -> None:
    step = GoldenJson(golden, only="data", lumi="lumi")
    block = {"run": np.array([1, 1, 355000]), "lumi": np.array([25, 25, 25]), "data": np.array([False, True, True])}
    assert step.execute(Events(block)).tolist() == [True, False, True]


def test_a_file_without_sections_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("{}")
    block = Events({"run": np.array([1]), "luminosityBlock": np.array([1])})
    assert GoldenJson(str(tmp_path / "none.json")).execute(block).tolist() == [False]


def test_the_fingerprint_goes_by_the_content(golden: str) -> None:
    before = GoldenJson(golden).fingerprint()
    Path(golden).write_text("{}")
    assert GoldenJson(golden).fingerprint() != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no list of certified sections"),
        ("[1]", r"looks like \{\"run\": \[\[first, last\]"),
        ('{"a": [[1, 2]]}', "'a'"),
        ('{"1": [[1]]}', "not enough values"),
        ('{"1": [[1, 2.5]]}', r"\[1, 2.5\] is no pair of integers"),
        ('{"355100": [[5, 1]]}', "run 355100: section 5 comes after 1"),
    ],
)
def test_a_file_of_another_form(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "wrong.json").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        GoldenJson(str(tmp_path / "wrong.json")).declare(COLUMNS)
    assert str(caught.value).startswith("GoldenJson: file '")


def test_wrong_columns_and_a_missing_file(golden: str) -> None:
    with pytest.raises(InputError, match="GoldenJson: file 'nowhere.json' cannot be read: No such file"):
        GoldenJson("nowhere.json").declare(COLUMNS)
    with pytest.raises(WiringError, match="column 'x' is float32, but an integer"):
        GoldenJson(golden, lumi="x").declare(COLUMNS)
    with pytest.raises(WiringError, match="GoldenJson.only: 'run' is int64; compare it"):
        GoldenJson(golden, only="run").declare(COLUMNS)
    with pytest.raises(MissingColumn, match="no column 'lumi', did you mean 'luminosityBlock'|there is"):
        GoldenJson(golden, lumi="lumi").declare(COLUMNS)
