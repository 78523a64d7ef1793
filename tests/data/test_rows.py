"""Batches: every event once an epoch, the same order for the same number, in memory or in pools."""

import numpy as np
import pytest

from hepdl.columns import Columns
from hepdl.data.rows import Rows
from hepdl.data.table import Table
from hepdl.events import Events, Jagged

FILES, EVENTS = 5, 4000


def table():
    rng = np.random.default_rng(3)
    pieces = []
    for file in range(FILES):
        lengths = rng.integers(0, 9, EVENTS)
        number = np.arange(EVENTS) + file * EVENTS
        pieces.append(Events({
            "number": number, "file": np.full(EVENTS, file), "weight": np.ones(EVENTS, "f4"),
            "pt": Jagged.from_lengths(np.repeat(number, lengths).astype("f4"), lengths),
        }))  # fmt: skip
    return Table(pieces)


def rows(pool=None, part=None):
    index = np.arange(FILES * EVENTS) if part is None else part
    return Rows(table(), index, Columns(), lambda events: events, "cpu", seed=7, pool=pool)


def numbers(batches):
    return np.concatenate([batch["number"].numpy() for batch in batches])


@pytest.mark.parametrize("pool", [None, 5000, 32_768])
def test_every_event_once_an_epoch(pool):
    index = np.flatnonzero(np.arange(FILES * EVENTS) % 3 != 0)
    shuffled = rows(pool, index)
    batches = list(shuffled.batches(["number"], 256, epoch=0))
    np.testing.assert_array_equal(np.sort(numbers(batches)), index)
    assert len(batches) == shuffled.steps(256)
    assert {len(batch) for batch in batches[:-1]} == {256}


@pytest.mark.parametrize("pool", [None, 5000])
def test_without_epoch_in_file_order(pool):
    np.testing.assert_array_equal(numbers(rows(pool).batches(["number"], 300)), np.arange(FILES * EVENTS))


@pytest.mark.parametrize("pool", [None, 5000])
@pytest.mark.parametrize("start", [1, 17, 78])
def test_an_epoch_goes_on_from_any_batch(pool, start):
    whole = [batch["number"].numpy() for batch in rows(pool).batches(["number"], 256, epoch=3)]
    rest = [batch["number"].numpy() for batch in rows(pool).batches(["number"], 256, epoch=3, start=start)]
    np.testing.assert_array_equal(np.concatenate(whole[start:]), np.concatenate(rest))
    assert len(rest) == len(whole) - start


@pytest.mark.parametrize("pool", [None, 5000])
def test_epochs_differ_and_repeat(pool):
    first, again, other = (numbers(rows(pool).batches(["number"], 256, epoch=e)) for e in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.99


@pytest.mark.parametrize("pool", [None, 5000])
def test_jagged_columns_stay_with_their_event(pool):
    for batch in rows(pool).batches(["number", "pt"], 500, epoch=0):
        owner = batch["number"].numpy()[batch["pt"].event_index().numpy()]
        np.testing.assert_array_equal(owner, batch["pt"].values.numpy())


@pytest.mark.parametrize("pool", [None, 5000])
def test_single_class_files_are_mixed_like_a_binomial(pool):
    """One class a file: the spread of a class's fraction over batches is at most 1.05 × the binomial one."""
    size = 250
    fractions = [
        (batch["file"] == 0).float().mean().item()
        for epoch in range(6)
        for batch in rows(pool).batches(["file"], size, epoch=epoch)
    ]
    binomial = np.sqrt(0.2 * 0.8 / size)
    assert np.std(fractions) < 1.05 * binomial * (1 + 1 / np.sqrt(len(fractions)))


def test_batches_of_alike_lengths():
    lengths = [batch["pt"].lengths for batch in rows().batches(["pt"], 100, epoch=0, alike="pt")]
    assert np.mean([float(x.max() - x.min()) for x in lengths[:-1]]) < 1.5
    means = np.array([float(x.float().mean()) for x in lengths])
    assert abs(np.corrcoef(means[1:], means[:-1])[0, 1]) < 0.3


@pytest.mark.parametrize("epoch", [None, 0])
def test_fewer_blocks_than_pools_lose_nothing(epoch):
    """Many short files fill other pools than their number of events promises."""
    pieces = [Events({"number": np.arange(30) + 30 * file}) for file in range(5)]
    few = Rows(Table(pieces), np.arange(150), Columns(), lambda events: events, "cpu", seed=7, pool=20)
    batches = list(few.batches(["number"], 40, epoch))
    np.testing.assert_array_equal(np.sort(numbers(batches)), np.arange(150))
    assert [len(batch) for batch in batches] == [40, 40, 40, 30]


def test_no_events_give_no_batches():
    assert not list(rows(part=np.arange(0)).batches(["number"], 40, epoch=0))


def test_everything_is_in_file_order():
    np.testing.assert_array_equal(rows(5000).everything(["number"])["number"], np.arange(FILES * EVENTS))


def test_an_error_in_the_background_reaches_the_reader():
    broken = rows(5000)
    broken.pools.table.pieces[2] = None
    with pytest.raises((AttributeError, TypeError)):
        list(broken.batches(["number"], 256, epoch=0))
