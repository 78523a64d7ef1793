"""Packed columns: batches are what taking rows column by column gives, with one gather a type."""

import numpy as np
import pytest
import torch

from hepdl.columns import Columns
from hepdl.contract.shadow import Shadow
from hepdl.data.packed import Packed
from hepdl.data.rows import Made, Rows
from hepdl.data.table import Table
from hepdl.errors import MissingColumn
from hepdl.events import Events, Jagged


def block(n, seed):
    rng = np.random.default_rng(seed)
    lengths, others = rng.integers(0, 5, n), rng.integers(0, 3, n)

    def lists(count, dtype="f4", shape=()):
        return Jagged.from_lengths(rng.normal(size=(int(count.sum()), *shape)).astype(dtype), count)

    return Events({
        "x": rng.normal(size=n).astype("f4"), "pt": lists(lengths), "label": np.arange(n), "eta": lists(lengths),
        "image": rng.normal(size=(n, 2, 3)).astype("f4"), "muon": lists(others), "charge": lists(lengths, "i8"),
        "track": lists(lengths, shape=(3,)), "good": rng.random(n) > 0.5,
    })  # fmt: skip


@pytest.mark.parametrize("tensors", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_rows_are_those_of_each_column(tensors, shared):
    blocks = [block(n, seed) for seed, n in enumerate((50, 1, 30))]
    whole = Events.concatenate(blocks).to("cpu")
    given = [each.sharing() if shared else each for each in blocks]
    packed = Packed.of([each.to("cpu") for each in given] if tensors else given, "cpu")
    rows = torch.randperm(81)[:40]
    for mine, theirs in ((packed.take(rows), whole.take(rows)), (packed.all(), whole)):
        assert mine.names == theirs.names
        for name in theirs:
            _same(mine[name], theirs[name])


def test_columns_of_one_type_are_views_of_one_tensor():
    taken = Packed.of([block(50, 1).sharing()], "cpu").take(torch.arange(20))
    assert taken["pt"].offsets is taken["track"].offsets
    assert taken["pt"].values._base is taken["eta"].values._base or taken["pt"].values.data_ptr() + 4 == (
        taken["eta"].values.data_ptr()
    )


def test_batches_know_their_longest_list_on_the_host():
    whole = block(50, 1).sharing()
    with Shadow() as shadow:
        packed = Packed.of([whole], "shadow")
        shadow.forget()
        taken, everything = packed.take(torch.tensor([4, 2, 9])), packed.all()
        longest = [taken["pt"].longest, everything["pt"].longest]
        assert shadow.waits == []
    assert longest == [whole["pt"].lengths[[4, 2, 9]].max(), whole["pt"].lengths.max()]


def test_offsets_that_are_equal_in_one_block_only_are_not_shared():
    first = Events({"a": Jagged.from_lengths(np.ones(3, "f4"), np.array([1, 2])),
                    "b": Jagged.from_lengths(np.zeros(3, "f4"), np.array([1, 2]))})  # fmt: skip
    second = Events({"a": Jagged.from_lengths(np.ones(1, "f4"), np.array([1])),
                     "b": Jagged.from_lengths(np.zeros(2, "f4"), np.array([2]))})  # fmt: skip
    taken = Packed.of([first.sharing(), second.sharing()], "cpu").take(torch.tensor([2, 0]))
    assert taken["a"].lengths.tolist() == [1, 1]
    assert taken["b"].lengths.tolist() == [2, 1]


def test_an_empty_block():
    assert len(Packed.of([block(3, 1).rows(0, 0)], "cpu").take(torch.arange(0))) == 0


def test_frozen_steps_run_once_a_pool_and_not_in_every_batch():
    calls = []

    def frozen(events):
        calls.append(len(events))
        return events.plus({"double": events["x"] * 2})

    rows = Rows(Table([block(5000, 1)]), np.arange(5000), Columns(), frozen, "cpu", 1)
    for epoch in range(2):
        for batch in rows.batches(["double", "x"], 100, epoch):
            torch.testing.assert_close(batch["double"], 2 * batch["x"])
    assert calls == [5000]


def test_a_batch_larger_than_a_pool_is_as_large_as_asked_for():
    rows = Rows(Table([block(9000, 1)]), np.arange(9000), Columns(), lambda events: events, "cpu", 1, pool=1500)
    batches = list(rows.batches(["label", "pt"], 4000, 0))
    assert [len(batch) for batch in batches] == [4000, 4000, 1000]
    np.testing.assert_array_equal(np.sort(np.concatenate([batch["label"] for batch in batches])), np.arange(9000))


def test_a_group_of_one_stays_a_group():
    events = Events({"x": np.zeros((3, 1), np.float32), "y": np.zeros((3, 1), np.float32)})
    assert Packed.of([events], "cpu").take(torch.arange(2))["y"].shape == (2, 1)


def _same(mine, theirs):
    if isinstance(theirs, Jagged):
        torch.testing.assert_close(mine.offsets, theirs.offsets)
        mine, theirs = mine.values, theirs.values
    torch.testing.assert_close(mine, theirs)


def test_views_are_made_when_they_are_asked_for_and_once():
    taken = Packed.of([block(50, 1).sharing()], "cpu").take(torch.arange(20))
    assert list(taken) == block(1, 1).names and "pt" in taken and "mass" not in taken
    assert taken["pt"] is taken["pt"]
    more = taken.plus({"two": 2 * taken["x"]})
    assert more.names == [*taken.names, "two"] and more["eta"] is taken["eta"]
    with pytest.raises(MissingColumn, match="no column 'mass'"):
        taken["mass"]


def test_rows_by_numpy_are_those_of_torch():
    whole = [block(60, 2).sharing()]
    packed, slow = Packed.of(whole, "cpu"), Packed.of(whole, "cpu")
    slow._by_numpy = False
    rows = torch.randperm(60)[:33]
    for name, column in slow.take(rows).items():
        _same(packed.take(rows)[name], column)


@pytest.mark.parametrize("pool", [None, 1500])
@pytest.mark.parametrize("names", [["pt", "w"], ["double", "w"]])
def test_columns_made_once_a_pool(pool, names):
    """Lists stay where they are; behind a frozen step all are made together."""
    calls = []

    def make(events):
        calls.append(len(events))
        return {"w": events["x"] + events["label"]}

    rows = Rows(Table([block(5000, 1)]), np.arange(5000), Columns(), _doubled, "cpu", 1, pool)
    made = rows.plus(Made(["w"], ["x", "label"], make))
    plain = rows.batches([*names[:1], "x", "label"], 100, epoch=0)
    for mine, theirs in zip(made.batches(names, 100, epoch=0), plain, strict=True):
        assert mine.names == names
        torch.testing.assert_close(mine["w"], theirs["x"] + theirs["label"])
        _same(mine[names[0]], theirs[names[0]])
    assert len(calls) == rows.pools.number
    assert made.waited == rows.waited > 0


def _doubled(events):
    return events.plus({"double": events["x"] * 2})
