"""Fit first to last, run first to last, and account for every entry."""

import json

import numpy as np
import pytest

from hepdl import Chain, Sample, Split
from hepdl.engine import run
from hepdl.errors import BadValues, NothingLeft, UnaccountedEntries
from hepdl.job import Job
from tests.memory import FILES, Above, Centre, Collect, MemoryReader, Twice, sample


def collected(*steps, columns=(), limit=None, skip=0, reader=None):
    """Run a chain and return (outcome, what came out at the end)."""
    reader = reader or MemoryReader(sample("a", 40, 1, label=1), sample("b", 25, 2, label=0), identity=["event"])
    outcome = run(Chain(reader, *steps, Collect(columns=list(columns))), Job(), limit=limit, skip=skip)
    return outcome, Collect.seen[0]


def test_every_entry_comes_out_in_order():
    outcome, events = collected(columns=["x"])
    assert len(events) == 65
    np.testing.assert_array_equal(events["x"], np.concatenate([FILES["a.mem"]["x"], FILES["b.mem"]["x"]]))
    np.testing.assert_array_equal(events["entry"], [*range(40), *range(25)])
    np.testing.assert_array_equal(events["label"], [1] * 40 + [0] * 25)
    assert outcome.ledger.totals()["selected"] == 65


def test_ledger_counts_what_a_selection_rejects():
    outcome, events = collected(Above("pt", 30.0), columns=["pt"])
    rejected = [account.rejected["Above"] for account in outcome.ledger.files]
    assert rejected == [int((FILES[f]["pt"] <= 30).sum()) for f in ("a.mem", "b.mem")]
    assert len(events) == 65 - sum(rejected)


def test_limit_and_skip_count_in_each_sample():
    outcome, events = collected(columns=["x"], limit=10, skip=5)
    np.testing.assert_array_equal(events["entry"], [*range(5, 15)] * 2)
    assert [account.read for account in outcome.ledger.files] == [10, 10]


def test_learner_sees_the_training_part_alone():
    _, events = collected(Centre(column="x"), columns=["x", "centred"])
    train = events["part"] == 0
    assert 0 < train.sum() < 65
    np.testing.assert_allclose(events["x"] - events["centred"], events["x"][train].mean(), rtol=1e-5)


def test_host_step_behind_a_device_step_starts_a_new_segment():
    outcome, events = collected(
        Centre(column="x"), Above("centred", 0.0), Twice(column="centred"), columns=["centred", "twice"]
    )
    assert (events["centred"] > 0).all()
    np.testing.assert_allclose(events["twice"], 2 * events["centred"])
    assert outcome.ledger.totals()["rejected"] + len(events) == 65


def test_two_learning_steps_in_one_chain():
    steps = Centre(column="x"), Centre(column="centred", output="again", name="second")
    _, events = collected(*steps, columns=["centred", "again"])
    train = events["part"] == 0
    assert abs(events["again"][train].mean()) < 1e-6


def test_split_does_not_depend_on_files():
    sample("a", 40, 1)
    half = {name: column[:20] for name, column in FILES["a.mem"].items()}
    rest = {name: column[20:] for name, column in FILES["a.mem"].items()}
    FILES.update({"one.mem": half, "two.mem": rest})
    whole = MemoryReader(Sample("a", "a.mem", label=1), identity=["event"])
    parts = MemoryReader(Sample("a", ["one.mem", "two.mem"], label=1), identity=["event"])
    np.testing.assert_array_equal(collected(reader=whole)[1]["part"], collected(reader=parts)[1]["part"])


def test_fallback_identity_is_reported():
    outcome, _ = collected(reader=MemoryReader(sample("a", 40, 1, label=1)))
    assert any("keyed by file UUID and entry" in note for note in outcome.ledger.notes)


def test_split_by_expression():
    reader = MemoryReader(
        sample("a", 40, 1, label=1), identity=["event"], split=Split(train=0.5, validation=0.5, test="x > 0")
    )
    _, events = collected(reader=reader, columns=["x"])
    np.testing.assert_array_equal(events["part"] == 2, events["x"] > 0)


def test_all_rejected_names_the_selection():
    with pytest.raises(NothingLeft, match="all 65 events were rejected: Above rejected 65"):
        collected(Above("pt", 1e9))


def test_duplicates_are_counted():
    sample("a", 10, 1)
    FILES["a.mem"]["event"][3] = FILES["a.mem"]["event"][2]
    reader = MemoryReader(Sample("a", "a.mem", label=1), identity=["event"])
    with pytest.raises(BadValues, match="dataset 'a' has 1 duplicated entries by identity"):
        collected(reader=reader)
    several = reader.replaced(several_per_event=True)
    assert len(collected(reader=several)[1]) == 10


def test_not_finite_input_is_named():
    sample("a", 40, 1)
    FILES["a.mem"]["x"][[4, 9]] = [np.nan, np.inf]
    reader = MemoryReader(Sample("a", "a.mem", label=1), identity=["event"])
    with pytest.raises(BadValues, match=r"column 'x' holds 2 values that are not finite.*entry 4; reject them"):
        collected(Centre(column="x"), reader=reader)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (0.0, "all 40 event weights are zero"),
        ("x - 10", "which is not positive"),
        ("x / 0", "column 'weight' holds .* not finite .* in sample 'a', a.mem, entry 0"),
    ],
)
def test_useless_weights(weight, message):
    reader = MemoryReader(sample("a", 40, 1, label=1, weight=weight), identity=["event"])
    with pytest.raises(BadValues, match=message):
        collected(reader=reader)


def test_cross_section_scales_weights():
    reader = MemoryReader(sample("a", 40, 1, label=1, xsec=3.0), identity=["event"])
    outcome, events = collected(reader=reader)
    assert events["weight"].sum() == pytest.approx(3.0)
    assert outcome.ledger.notes[0].startswith("sample 'a': weights × 0.075")


def test_label_that_disagrees_with_the_files():
    sample("a", 10, 1)
    FILES["a.mem"]["label"] = np.zeros(10)
    reader = MemoryReader(Sample("a", "a.mem", label=1), identity=["event"])
    with pytest.raises(BadValues, match="says label=1, but branch 'label' of a.mem says otherwise for 7 of 7 entries"):
        collected(reader=reader)


class Lossy(MemoryReader):
    """Forgets the last entry of each file."""

    def blocks(self, source, names, start, stop):
        yield from super().blocks(source, names, start, stop - 1)


def test_lost_entry_is_an_error():
    with pytest.raises(UnaccountedEntries, match=r"a.mem: 1"):
        collected(reader=Lossy(sample("a", 40, 1, label=1), identity=["event"]))


def test_a_run_that_fails_leaves_its_ledger(tmp_path):
    reader = Lossy(sample("a", 40, 1, label=1), identity=["event"])
    with pytest.raises(UnaccountedEntries):
        run(Chain(reader, Collect()), Job(folder=tmp_path))
    account = json.loads((tmp_path / "ledger.json").read_text())["files"][0]
    assert (account["stop"], account["read"]) == (40, 39)
