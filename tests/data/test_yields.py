"""Yields: cross-section and luminosity over the generated events, whatever was read of them."""

import numpy as np
import pytest
import uproot

from hepdl import Chain, Sample
from hepdl.algorithms import RootReader
from hepdl.engine import run
from hepdl.errors import BadValues, InputError, ParameterError
from hepdl.job import Job
from tests.memory import Collect, MemoryReader, sample


def go(*samples, limit=None, skip=0, **parameters):
    reader = MemoryReader(*samples, identity=["event"], **parameters)
    outcome = run(Chain(reader, Collect()), Job(), limit=limit, skip=skip)
    return outcome.ledger, Collect.seen[0]["weight"]


def test_generated_events_count_not_those_of_the_skim():
    given = sample("a", 40, xsec=3.0, sum_of_weights=400.0, k_factor=1.5, filter_efficiency=0.5)
    ledger, weights = go(given, luminosity=1e3)
    np.testing.assert_allclose(weights, 3.0 * 1.5 * 0.5 * 1e3 / 400)
    assert ledger.files[0].sum_weights == pytest.approx(weights.sum())
    note = "sample 'a': weights × 5.625 = 3.0 pb × k=1.5 × ε=0.5 × 1000/pb / Σw of the generated events (400)"
    assert note in ledger.notes


def test_without_them_the_entries_read_are_all():
    _, weights = go(sample("a", 40, xsec=3.0, weight="pt"), luminosity=100.0, limit=10)
    assert weights.sum() == pytest.approx(300)


def test_what_was_not_read_is_made_up_for():
    given = sample("a", 40, xsec=3.0, sum_of_weights=400), sample("b", 40, 1)
    ledger, weights = go(*given, limit=10, skip=3)
    np.testing.assert_allclose(weights, [4 * 3.0 / 400] * 10 + [1.0] * 10)
    assert "sample 'a': 10 of 40 entries were read, so weights × 4 in place of the others" in ledger.notes
    assert not any("'b'" in note for note in ledger.notes)


def test_parameters_that_do_not_fit():
    with pytest.raises(ParameterError, match="Sample.k_factor: sample 'a' has no xsec, which it would scale"):
        Sample("a", "a.root", k_factor=1.2)
    with pytest.raises(ParameterError, match="Sample.sum_of_weights: 'Runs' should be a number or 'tree.branch'"):
        Sample("a", "a.root", xsec=1.0, sum_of_weights="Runs")
    with pytest.raises(ParameterError, match=r"Sample.sum_of_weights: should be greater than 0 \(got 0.0\)"):
        Sample("a", "a.root", xsec=1.0, sum_of_weights=0.0)
    with pytest.raises(ParameterError, match="MemoryReader cannot sum 'Runs.w'; give sum_of_weights as a number"):
        go(sample("a", 4, xsec=1.0, sum_of_weights="Runs.w"))
    with pytest.raises(ParameterError, match=r"luminosity: .*greater than 0"):
        MemoryReader(sample("a", 4), luminosity=0.0)


@pytest.fixture
def skims(tmp_path):
    """Two files with 10 events each that are left of many."""
    for index, sums in enumerate(([100.0, 50.0], [250.0])):
        with uproot.recreate(tmp_path / f"{index}.root") as file:
            file.mktree("Events", {"event": "i8"}).extend({"event": np.arange(10) + 10 * index})
            file.mktree("Runs", {"genEventSumw": "f8", "name": "2f4"}).extend(
                {"genEventSumw": np.array(sums), "name": np.zeros((len(sums), 2), "f4")}
            )
    return tmp_path


def root(folder, spec, *files, **parameters):
    paths = [str(folder / file) for file in files or ("?.root",)]
    given = Sample("a", paths, xsec=8.0, sum_of_weights=spec)
    reader = RootReader(given, tree="Events", identity=["event"], **parameters)
    outcome = run(Chain(reader, Collect()), Job())
    return outcome.ledger, Collect.seen[0]["weight"]


def test_summed_over_the_files(skims):
    np.testing.assert_allclose(root(skims, "Runs.genEventSumw")[1], 8 / 400)


def test_a_file_that_is_left_out(skims):
    (skims / "2.root").write_bytes(b"root")
    ledger, weights = root(skims, "Runs.genEventSumw", skip_bad_files=True)
    np.testing.assert_allclose(weights, 8 / 400)
    ledger, _ = root(skims, 400.0, skip_bad_files=True)
    assert any("sum_of_weights=400 counts the 1 files that were left out too" in note for note in ledger.notes)


def test_sums_that_cannot_be_read(skims):
    with pytest.raises(InputError, match="0.root' holds no tree 'Run', did you mean 'Runs'"):
        root(skims, "Run.genEventSumw")
    with pytest.raises(InputError, match="there is no branch 'genEventSum' to sum, did you mean 'genEventSumw'"):
        root(skims, "Runs.genEventSum")
    with pytest.raises(InputError, match=r"branch 'name' is float32\[2\], not one number an entry; give the sum"):
        root(skims, "Runs.name")
    with uproot.recreate(skims / "9.root") as file:
        file.mktree("Events", {"event": "i8"}).extend({"event": np.arange(90, 95)})
        file.mktree("Runs", {"genEventSumw": "f8"})
    with pytest.raises(BadValues, match="sample 'a': the sum of weights is 0, cannot scale to xsec"):
        root(skims, "Runs.genEventSumw", "9.root")
