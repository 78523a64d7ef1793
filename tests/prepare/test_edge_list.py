"""EdgeList: edges from two columns, what is refused and how it is said."""

from __future__ import annotations

import numpy as np
import pytest
from hepdl_prepare.edge_list import EdgeList

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, WiringError
from hepdl.events import Events, Jagged

STEP = EdgeList("edges", source="from", target="to", particles="x")
LIST = ColumnType("int32", jagged=True)


def events(source: list[list[int]], target: list[list[int]]) -> Events:
    """Events of 3, 0 and 2 particles."""
    lists = {"from": source, "to": target, "x": [[0, 0, 0], [], [0, 0]]}
    columns = {
        name: Jagged.from_lengths(
            np.array([end for one in each for end in one], np.int32), np.array([len(one) for one in each])
        )
        for name, each in lists.items()
    }
    return Events(columns | {"entry": np.array([7, 8, 9])})


def test_edges_keep_their_order() -> None:
    edges = STEP.execute(events([[0, 2], [], [1]], [[1, 0], [], [0]]))["edges"]
    assert edges.values.tolist() == [[0, 1], [2, 0], [1, 0]]
    assert edges.lengths.tolist() == [2, 0, 1]
    assert edges.values.dtype == np.int64


def test_both_ways() -> None:
    edges = STEP.replaced(both_ways=True).execute(events([[0, 2], [], [1]], [[1, 0], [], [0]]))["edges"]
    assert edges.values.tolist() == [[0, 1], [2, 0], [1, 0], [0, 2], [1, 0], [0, 1]]
    assert edges.lengths.tolist() == [4, 0, 2]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ([[0], [], [2]], [[1], [], [0]], "1 values of 'from' .* is 2 in entry 9, which has 2 particles in 'x'"),
        ([[0], [], [1]], [[-1], [], [0]], "1 values of 'to' .* is -1 in entry 7, which has 3 particles"),
        ([[0], [0], [1]], [[1], [0], [0]], "2 values|1 values of 'from' .* is 0 in entry 8, which has 0 particles"),
        ([[0], [], [1]], [[1, 2], [], [0]], "'from' has 1 edges and 'to' has 2 in entry 7"),
    ],
)
def test_ends_outside_are_named(source: list[list[int]], target: list[list[int]], message: str) -> None:
    with pytest.raises(BadValues, match=message):
        STEP.execute(events(source, target))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"from": ColumnType(jagged=True)}, "'from' is jagged float32; a list with one integer an edge"),
        ({"to": ColumnType("int32")}, "'to' is int32; a list with one integer an edge"),
        ({"x": ColumnType()}, "particles 'x' is float32; a list of particles"),
    ],
)
def test_columns_of_another_type_are_refused(change: dict[str, ColumnType], message: str) -> None:
    columns = Columns({"from": LIST, "to": LIST, "x": LIST} | change)
    with pytest.raises(WiringError, match=message):
        STEP.declare(columns)
