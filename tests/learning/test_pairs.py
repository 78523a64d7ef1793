"""Pairs of particles against two loops."""

from __future__ import annotations

import numpy as np
import torch

from hepdl.columns import Columns, ColumnType
from hepdl.events import Events, Jagged
from hepdl.learning.pairs import WithPairs, pairs_of, same
from tests.learning.material import rows


def loops(lengths: list[int]) -> tuple[list[tuple[int, int]], list[int]]:
    """The slow twin: all pairs, and how many each event has."""
    pairs, counts, start = [], [], 0
    for n in lengths:
        found = [(start + i, start + j) for i in range(n) for j in range(i + 1, n)]
        pairs, counts, start = pairs + found, [*counts, len(found)], start + n
    return pairs, counts


def test_pairs_are_those_of_two_loops() -> None:
    for lengths in ([3, 0, 1, 4, 2], [], [0], [1, 1], [5]):
        list_ = Jagged.from_lengths(np.zeros(sum(lengths), np.float32), np.array(lengths, int)).to("cpu")
        made, (pairs, counts) = pairs_of(list_), loops(lengths)
        assert list(zip(made.first.tolist(), made.second.tolist(), strict=True)) == pairs
        assert made.jagged(made.first).lengths.tolist() == counts


def test_the_same_vertex() -> None:
    vertex = Jagged(torch.tensor([1.0, 1, -1, -1, torch.nan, 2, 2]), torch.tensor([0, 5, 7]))
    got = same(vertex).values
    assert got.nan_to_num(9).tolist() == [1, 0, 0, 9, 0, 0, 9, 0, 9, 9, 1]
    whole = same(Jagged(torch.tensor([3, 3, 4], dtype=torch.int32), torch.tensor([0, 3])))
    assert whole.values.tolist() == [1, 0, 0] and whole.lengths.tolist() == [3]


def test_rows_with_pairs() -> None:
    table = Events({"v": Jagged.from_lengths(np.array([1, 1, 2, 2], np.float32), np.array([3, 0, 1])), "x": np.ones(3)})
    part = WithPairs(rows(table, columns=Columns(v=ColumnType(jagged=True), x=ColumnType())))
    everything = part.everything(["x", "pairs of v"])
    assert everything.names == ["x", "pairs of v"] and everything["pairs of v"].values.tolist() == [1, 0, 0]
    assert [len(batch["pairs of v"].values) for batch in part.batches(["pairs of v"], 1)] == [3, 0, 0]
    assert len(part) == 3 and part.steps(2) == 2
