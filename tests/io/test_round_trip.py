"""From ROOT files through a chain to friend trees that line up with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot

from hepdl import Chain, Sample
from hepdl.algorithms import Define, Filter, RootReader, RootWriter
from hepdl.engine import Outcome, run
from hepdl.errors import InputError, MissingColumn
from hepdl.job import Job

from .conftest import jets, make


def chain(folder: Path, *steps: Any, **parameters: Any) -> Chain:
    for name, first in (("a/w_1", 0), ("b/w_1", 20), ("qcd", 50)):
        make(folder / f"{name}.root", **jets(first, 20))
    samples = Sample("w", f"{folder}/*/w_?.root", label=1), Sample("qcd", f"{folder}/qcd.root", label=0)
    reader = RootReader(*samples, **({"identity": ["event"]} | parameters))
    return Chain(reader, *steps, RootWriter(columns=["twice"]))


def friends(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    trees = {}
    for path in sorted((folder / "run" / "scores").rglob("*.root")):
        with uproot.open(path) as file:
            trees[str(path.relative_to(folder / "run" / "scores"))] = file["hepdl"].arrays(library="np")
    return trees


STEPS = Define("twice", "2 * pt"), Filter("pt > 9")


def run_in(folder: Path, whole: Chain, **options: Any) -> Outcome:
    return run(whole, Job(folder=folder / "run"), **options)


def test_scores_line_up_entry_by_entry(tmp_path: Path) -> None:
    outcome = run_in(tmp_path, chain(tmp_path, *STEPS))
    found = friends(tmp_path)
    assert list(found) == ["qcd/qcd.root", "w/a/w_1.root", "w/b/w_1.root"]
    for name, first in (("w/a/w_1.root", 0), ("w/b/w_1.root", 20), ("qcd/qcd.root", 50)):
        pt = jets(first, 20)["pt"]
        assert np.array_equal(found[name]["twice"], np.where(pt > 9, 2 * pt, np.float32(-999)))
        assert np.array_equal(found[name]["event"], jets(first, 20)["event"])
        assert np.array_equal(found[name]["hepdl_split"] >= 0, pt > 9)
    assert any("jets->AddFriend(" in line for line in outcome.summaries)


def test_full_length_with_a_limit(tmp_path: Path) -> None:
    run_in(tmp_path, chain(tmp_path, *STEPS), limit=12)
    found = friends(tmp_path)
    assert (found["w/a/w_1.root"]["twice"] > 0).tolist() == [False] * 7 + [True] * 5 + [False] * 8
    assert found["w/a/w_1.root"]["event"].tolist() == [*range(12)] + [-1] * 8
    assert (found["w/b/w_1.root"]["event"] == -1).all()
    assert len(found["w/b/w_1.root"]["twice"]) == 20


def test_a_skipped_file_is_in_the_ledger(tmp_path: Path) -> None:
    whole = chain(tmp_path, *STEPS, skip_bad_files=True)
    (tmp_path / "a" / "w_1.root").write_bytes(b"root")
    outcome = run_in(tmp_path, whole)
    ((skipped),) = outcome.ledger.skipped
    assert skipped["sample"] == "w"
    assert "not a ROOT file" in skipped["reason"]
    assert list(friends(tmp_path)) == ["qcd/qcd.root", "w/w_1.root"]


def test_misspelt_branch_in_an_expression(tmp_path: Path) -> None:
    with pytest.raises((MissingColumn, InputError), match="'ptt', did you mean 'pt'"):
        run_in(tmp_path, chain(tmp_path, Define("twice", "2 * ptt")))


def test_a_branch_that_one_sample_lacks(tmp_path: Path) -> None:
    whole = chain(tmp_path, Define("twice", "2 * tau1"))
    columns = jets(50, 20)
    del columns["tau1"]
    make(tmp_path / "qcd.root", **columns)
    with pytest.raises(InputError, match=r"sample 'qcd', file .* no branch 'tau1', which file .*w_1.root' has"):
        whole.check()
    with pytest.raises(InputError, match=r"sample 'qcd', file .* no branch 'tau1', which file .*w_1.root' has"):
        run_in(tmp_path, whole)
