"""Samples in batches: stated shares, every event accounted for, and the same thing minimised."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from hepdl import Chain, Sample
from hepdl.columns import Columns
from hepdl.data.mixture import TIMES, Mixture, stratified
from hepdl.data.rows import Made, Rows
from hepdl.data.table import Table
from hepdl.engine import run
from hepdl.errors import NothingLeft, ParameterError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from hepdl.learning.stream import Stream
from hepdl.learning.weights import Weighting
from tests.memory import Centre, Collect, MemoryReader, sample

COUNTS = {"a": 4000, "b": 300, "c": 1700, "d": 500}
FRACTIONS = {"a": 0.25, "b": 0.25}  # c and d share the other half as 1700 : 500


def mixed(pool: int | None = None, **fractions: float) -> Rows:
    samples = [Sample(name, "x", fraction=(fractions or FRACTIONS).get(name), role=name) for name in COUNTS]
    rng = np.random.default_rng(1)
    pieces, start = [], 0
    for number, count in enumerate(COUNTS.values()):
        lengths = rng.poisson(3 + 3 * number, count)
        pieces.append(Events({
            "number": np.arange(start, start + count), "from": np.full(count, number),
            "weight": rng.normal(1, 1, count).astype("f4"), "x": rng.normal(size=count).astype("f4"),
            "pt": Jagged.from_lengths(np.zeros(lengths.sum(), "f4"), lengths),
        }))  # fmt: skip
        start += count
    table = Table(pieces)
    return Rows(table, np.arange(len(table)), Columns(), lambda e: e, "cpu", 7, pool, None, samples)


def counts_of(batch: Events) -> np.ndarray:
    return np.bincount(batch["from"].numpy(), minlength=4)


@pytest.mark.parametrize("pool", [None, 3000])
@pytest.mark.parametrize("alike", ["", "pt"])
def test_every_batch_holds_the_stated_shares(pool: int | None, alike: str) -> None:
    rows = mixed(pool)
    batches = list(rows.batches(["from", "pt"], 200, epoch=3, alike=alike))
    expected = np.array([0.25, 0.25, 0.5 * 1700 / 2200, 0.5 * 500 / 2200]) * 200
    assert len(batches) == rows.steps(200)
    assert sum(map(len, batches)) == 6500
    off = np.array([np.abs(counts_of(batch) - expected).max() for batch in batches[:-1]])
    assert off.max() <= 2


def test_every_event_comes_once_before_any_comes_twice() -> None:
    rows = mixed()
    drawn = [torch.cat([b["number"] for b in rows.batches(["number"], 500, epoch)]).numpy() for epoch in range(5)]
    for name, number in (("a", range(4000)), ("b", range(4000, 4300))):
        sofar = np.zeros(len(number), int)
        for epoch in drawn:
            mine = epoch[np.isin(epoch, number)]
            assert len(mine) == pytest.approx(FRACTIONS[name] * 6500, abs=1)
            sofar += np.bincount(mine - number[0], minlength=len(number))
            assert sofar.max() - sofar.min() <= 1
    assert not np.array_equal(drawn[0], drawn[1])


@pytest.mark.parametrize("pool", [None, 3000])
def test_an_epoch_goes_on_from_any_batch(pool: int | None) -> None:
    whole = [batch["number"].numpy() for batch in mixed(pool).batches(["number"], 256, epoch=3)]
    rest = [batch["number"].numpy() for batch in mixed(pool).batches(["number"], 256, epoch=3, start=11)]
    np.testing.assert_array_equal(np.concatenate(whole[11:]), np.concatenate(rest))


def test_what_is_minimised_stays_the_same() -> None:
    """Over the epochs in which each event of a sample comes equally often, Σ w l is that of all events."""
    rows = mixed(None, a=0.5, b=0.1)
    weighting = Weighting("weight").fit(rows, Job())
    everything = rows.everything(["weight", "x"])
    expected = float((everything["weight"] * everything["x"]).sum() / everything["weight"].sum())
    stream = Stream(rows, ["weight", "x"], 500)
    found = [float((weighting(batch) * batch["x"]).mean()) for batch in (next(stream) for _ in range(150 * 13))]
    assert np.mean(found) == pytest.approx(expected, abs=2e-3)
    unmixed = Weighting("weight").fit(mixed(None, a=4000 / 6500), Job())
    assert unmixed.share == pytest.approx(weighting.share) == 1


def test_share_of_the_events_that_count() -> None:
    """A pivot packs its batches to that size."""
    rows = mixed()
    rows.pools.table.pieces[1]["weight"][:] = 0
    assert Weighting("weight").fit(rows, Job()).share == pytest.approx(0.75, abs=1e-3)


def test_validation_and_file_order_are_not_mixed() -> None:
    batches = list(mixed().batches(["number"], 500))
    assert torch.equal(torch.cat([batch["number"] for batch in batches]), torch.arange(6500))
    assert not any(TIMES in batch for batch in [*batches, mixed().everything(["number"])])


def test_where_each_event_comes_once_it_counts_as_it_is() -> None:
    """A validation loss, and a training on all events at once."""
    rows = mixed(None, a=0.5, b=0.1)
    events = rows.everything(["weight", "x"])
    weighting = Weighting("weight").fit(rows, Job())
    torch.testing.assert_close(weighting(events), events["weight"] * (6500 / events["weight"].sum()))
    made = rows.plus(Made(["w"], ["weight"], lambda some: {"w": weighting(some)}))
    torch.testing.assert_close(next(Stream(made, ["x", "w"], None))["w"], weighting(events))
    drawn = next(made.batches(["from", "w"], 6500, epoch=0))
    sums = drawn["w"].new_zeros(4).index_add(0, drawn["from"].long(), drawn["w"])
    plain = drawn["w"].new_zeros(4).index_add(0, rows.everything(["from"])["from"].long(), weighting(events))
    torch.testing.assert_close(sums, plain, rtol=0.3, atol=30)
    assert sums[0] / plain[0] == pytest.approx(1, abs=0.05)


def test_streams_by_role() -> None:
    rows = mixed(None, a=0.25, b=0.25)
    only = rows.of_role("b")
    assert len(only) == 300 and not len(rows.of_role("nobody"))
    numbers = torch.cat([batch["number"] for batch in only.batches(["number"], 100, epoch=0)])
    assert torch.equal(numbers.sort().values, torch.arange(4000, 4300))
    assert torch.equal(only.everything(["number", TIMES])[TIMES], torch.ones(300))


def test_batches_of_alike_lengths_keep_samples_together() -> None:
    """Sorted by length alone, batches of long events would hold one sample; spread evenly, all hold all."""
    rows = mixed(None, a=4000 / 6500)
    batches = list(rows.batches(["from", "pt"], 100, epoch=0, alike="pt"))
    counts = np.array([counts_of(batch) for batch in batches[:-1]])
    assert np.ptp(counts, axis=0).max() <= 4
    means = np.array([float(batch["pt"].lengths[batch["from"] == 0].float().mean()) for batch in batches[:-1]])
    spread = [float(batch["pt"].lengths[batch["from"] == 0].float().std()) for batch in batches[:-1]]
    assert np.std(means) > 1.5 and np.mean(spread) < 0.3  # alike within a batch, different between them


def test_stratified_is_even_in_any_window() -> None:
    strata = np.repeat([0, 1, 2], [600, 300, 100])
    order = stratified(strata, np.random.default_rng(1).random(1000))
    assert sorted(order) == list(range(1000))
    for start, stop in pairwise(range(0, 1001, 50)):
        np.testing.assert_allclose(np.bincount(strata[order[start:stop]], minlength=3), [30, 15, 5], atol=1)


def test_a_run_says_what_it_mixes() -> None:
    reader = MemoryReader(sample("a", 400, 1, label=1, fraction=0.5), sample("b", 40, 2, label=0), identity=["event"])
    ledger = run(Chain(reader, Centre(column="x"), Collect()), Job()).ledger
    note = next(note for note in ledger.notes if note.startswith("shares of a training batch: 'a' 0.5 (its "))
    assert (
        ledger.notes.count(note) == 1
        and "'b' 0.5 (its " in note
        and note.endswith("weights are divided by these times")
    )
    assert ledger.totals()["selected"] == 440


def test_fractions_that_do_not_fit() -> None:
    half, other = (sample(name, 10, seed, label=seed, fraction=0.5) for seed, name in enumerate("ab"))
    with pytest.raises(ParameterError, match="fractions of the samples add up to 0.5, should be 1"):
        MemoryReader(half)
    with pytest.raises(ParameterError, match="add up to 1, so that nothing is left for 'c'"):
        MemoryReader(half, other, sample("c", 10, 3))
    with pytest.raises(ParameterError, match=r"fraction: .*less than or equal to 1"):
        Sample("a", "a.root", fraction=2.0)
    with pytest.raises(NothingLeft, match="sample 'b' has fraction=0.5, but no selected training event"):
        Mixture([half, other], [5, 0])


def test_no_events_at_all() -> None:
    assert not Mixture([], []).mixed
    assert not Mixture([Sample("a", "x", fraction=1.0)], [0]).mixed
