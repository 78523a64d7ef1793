"""Events and jagged columns: host and device agree with a slow twin in plain Python."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hepdl.contract.shadow import Shadow
from hepdl.errors import ColumnClash, MissingColumn, WiringError
from hepdl.events import Events, Jagged

Lists = list[list[float]]
LISTS: Lists = [[1.0, 2.0, 3.0], [], [4.0], [], [5.0, 6.0]]
lists = st.lists(st.lists(st.floats(-9, 9, width=32), max_size=5), max_size=8)


def jagged(lists: Lists) -> Jagged:
    values = np.array([value for one in lists for value in one], np.float32)
    return Jagged.from_lengths(values, np.array([len(one) for one in lists], np.int64))


def plain(column: Jagged) -> Lists:
    host = column.host()
    return [host.values[a:b].tolist() for a, b in zip(host.offsets[:-1], host.offsets[1:], strict=True)]


def pairs(lists: Lists) -> Jagged:
    """Two features a particle."""
    column = jagged(lists)
    return Jagged(np.stack([column.values, -column.values], 1), column.offsets)


@settings(deadline=None, max_examples=60)
@given(lists, st.data())
def test_take_is_what_the_slow_twin_does(lists: Lists, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=9)) if lists else []
    expected = [lists[row] for row in rows]
    index = np.array(rows, np.int64)
    column = jagged(lists)
    assert plain(column.take(index)) == expected
    assert plain(column.to("cpu").take(torch.from_numpy(index))) == expected
    features = pairs(lists).take(index)
    assert features.values.shape == (sum(map(len, expected)), 2)
    assert plain(Jagged(features.values[:, 0], features.offsets)) == expected


@settings(deadline=None, max_examples=60)
@given(lists, st.integers(0, 9), st.integers(0, 9))
def test_rows_is_a_slice(lists: Lists, start: int, stop: int) -> None:
    events = Events({"x": np.arange(len(lists)), "pt": jagged(lists)})
    cut = events.rows(start, stop)
    assert len(cut) == len(cut["x"]) == len(cut["pt"])
    assert plain(cut["pt"]) == lists[start:stop]
    assert cut["pt"].offsets[0] == 0


@settings(deadline=None, max_examples=60)
@given(lists, st.one_of(st.none(), st.integers(0, 6)))
def test_padded_is_what_the_slow_twin_does(lists: Lists, most: int | None) -> None:
    values, mask = jagged(lists).to("cpu").padded(most)
    width = max(map(len, lists), default=0) if most is None else most
    assert values.tolist() == [(one + [0.0] * width)[:width] for one in lists]
    assert mask.tolist() == [[place < len(one) for place in range(width)] for one in lists]


def test_padded_keeps_features_apart() -> None:
    values, mask = pairs(LISTS).to("cpu").padded(2)
    assert values.shape == (5, 2, 2)
    assert values[0].tolist() == [[1.0, -1.0], [2.0, -2.0]]
    assert values[1].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert mask.sum() == 5


def test_padded_lets_the_gradient_through() -> None:
    column = jagged(LISTS).to("cpu")
    values = column.values.requires_grad_()
    Jagged(values, column.offsets).padded(2)[0].sum().backward()
    assert values.grad.tolist() == [1, 1, 0, 1, 1, 1]


def test_the_host_knows_the_longest_list_without_waiting() -> None:
    with Shadow() as shadow:
        column = jagged(LISTS).to("shadow")
        doubled = column.with_values(2 * column.values)
        parts = [Events({"pt": doubled.rows(0, 3)}), Events({"pt": doubled.rows(2, 5)})]
        joined = Events.joined(parts)["pt"]
        assert [one.longest for one in (column, doubled, joined, parts[1]["pt"], column.rows(1, 1))] == [3, 3, 3, 2, 0]
        assert doubled.padded()[0].shape == (5, 3)
        assert shadow.waits == []
        assert plain(joined) == [[2.0, 4.0, 6.0], [], [8.0], [8.0], [], [10.0, 12.0]]
        Jagged(column.values, column.offsets).padded()
        assert any("copy to the host" in str(wait) for wait in shadow.waits)


@settings(deadline=None, max_examples=40)
@given(lists)
def test_awkward_and_back(lists: Lists) -> None:
    column = jagged(lists)
    assert column.awkward().to_list() == lists
    assert plain(Jagged.from_awkward(column.awkward())) == lists
    assert plain(Jagged.from_awkward(column.awkward()[::-1])) == lists[::-1]


def test_awkward_kinds() -> None:
    assert plain(Jagged.from_awkward(ak.Array([[1, 2], [3, 4]]))) == [[1, 2], [3, 4]]
    assert plain(Jagged.from_awkward(ak.to_regular(ak.Array([[1, 2], [3, 4]])))) == [[1, 2], [3, 4]]
    two = Jagged.from_awkward(ak.to_regular(ak.Array([[[1, 2]], [], [[3, 4], [5, 6]]]), axis=2))
    assert two.values.shape == (3, 2)
    assert two.awkward().to_list() == [[[1, 2]], [], [[3, 4], [5, 6]]]
    assert len(Jagged.from_awkward(ak.Array([[1.0]])[:0])) == 0
    assert Jagged.from_awkward(ak.values_astype(ak.Array([[1, 2]]), np.float32)).values.dtype == np.float32


def test_awkward_with_missing_values_is_refused() -> None:
    with pytest.raises(WiringError, match="missing values"):
        Jagged.from_awkward(ak.Array([[1, None], [3]]))
    with pytest.raises(WiringError, match="one list an event"):
        Jagged.from_awkward(ak.Array([1, 2]))
    with pytest.raises(WiringError, match="one list an event"):
        Jagged.from_awkward(ak.Array([[[1], [2, 3]], []]))


@settings(deadline=None, max_examples=40)
@given(st.lists(lists, min_size=1, max_size=4))
def test_concatenation(blocks: list[Lists]) -> None:
    events = [Events({"n": np.arange(len(b), dtype=np.int32), "pt": jagged(b)}) for b in blocks]
    whole = Events.concatenate(events)
    assert plain(whole["pt"]) == [one for block in blocks for one in block]
    assert len(whole) == sum(map(len, blocks))
    assert whole["n"].dtype == np.int32


@settings(deadline=None, max_examples=40)
@given(st.lists(lists, min_size=1, max_size=4))
def test_joining_on_the_device(blocks: list[Lists]) -> None:
    events = [Events({"n": np.arange(len(b)), "pt": jagged(b)}).to("cpu") for b in blocks]
    whole = Events.joined(events)
    assert plain(whole["pt"]) == [one for block in blocks for one in block]
    assert len(whole) == len(whole["n"]) == len(whole["pt"])


def test_concatenation_of_nothing_and_of_other_columns() -> None:
    assert len(Events.concatenate([])) == 0
    x, y = Events({"x": np.zeros(2)}), Events({"x": np.zeros(2), "y": np.zeros(2)})
    for blocks in ([x, y], [y, x]):
        with pytest.raises(WiringError, match=r"blocks .*different columns.*'y'"):
            Events.concatenate(blocks)


def test_packed_sequence_gives_back_the_lists() -> None:
    full = [one for one in LISTS if one]
    packed = jagged(full).to("cpu").packed_sequence()
    values, lengths = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    assert [values[i, :n, 0].tolist() for i, n in enumerate(lengths)] == full
    with pytest.raises(WiringError, match="at least one particle in each event"):
        jagged(LISTS).to("cpu").packed_sequence()


def test_graph_has_particles_as_nodes() -> None:
    graph = jagged(LISTS).to("cpu").graph(torch.tensor([[0, 1], [1, 2]]))
    assert graph.num_graphs == 5
    assert graph.x.shape == (6, 1)
    assert graph.batch.tolist() == [0, 0, 0, 2, 4, 4]
    assert graph.num_edges == 2
    pooled = torch.zeros(5).index_add(0, graph.batch, graph.x[:, 0])
    assert pooled.tolist() == [sum(one) for one in LISTS]


def test_on_the_device_only_taking_waits() -> None:
    with Shadow() as shadow:
        column = jagged(LISTS).to("shadow")
        column.event_index()
        column.padded(3)
        assert shadow.waits == []
        taken = column.take(torch.tensor([4, 0, 1]).to("shadow"))
        assert len(shadow.waits) == 1
        assert plain(taken) == [LISTS[4], LISTS[0], LISTS[1]]


def test_where_keeps_order() -> None:
    events = Events({"x": np.arange(5), "pt": jagged(LISTS)}).where(np.array([True, False, False, True, True]))
    assert events["x"].tolist() == [0, 3, 4]
    assert plain(events["pt"]) == [LISTS[0], [], LISTS[4]]


def test_names_and_clashes() -> None:
    events = Events({"jet_pt": np.zeros(3), "jet_eta": np.ones(3)})
    assert events.names == ["jet_pt", "jet_eta"]
    assert events.only(["jet_eta"]).names == ["jet_eta"]
    assert events.plus({"z": np.zeros(3)}).names == ["jet_pt", "jet_eta", "z"]
    assert repr(events) == "Events(3 rows: jet_pt, jet_eta)"
    with pytest.raises(MissingColumn, match="no column 'jet_pT', did you mean 'jet_pt'?"):
        events["jet_pT"]
    with pytest.raises(ColumnClash, match="Define would add column 'jet_pt', which exists already"):
        events.plus({"jet_pt": np.zeros(3)}, "Define")
    with pytest.raises(WiringError, match=r"equal length 3, but: \{'z': 2\}"):
        events.plus({"z": np.zeros(2)})
    with pytest.raises(WiringError, match="equal length 2"):
        Events({"x": np.zeros(2), "pt": jagged(LISTS)})


def test_a_block_without_columns_has_a_length() -> None:
    events = Events({}, 4)
    assert len(events) == len(events.rows(0, 9)) == 4
    assert len(events.take(np.array([1, 1]))) == 2
    assert bool(events)
    assert not Events({})
    assert "x" not in events


def test_new_blocks_leave_the_old_one_alone() -> None:
    events = Events({"x": np.arange(3)})
    events.columns()["y"] = np.zeros(3)
    events.plus({"y": np.zeros(3)})
    assert events.names == ["x"]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(4, dtype=">f4"),
        np.arange(4, dtype=">i8"),
        np.arange(8, dtype=np.float32)[::2],
        np.arange(4, dtype=np.float32)[::-1],
        np.array([True, False, True, True]),
        np.arange(8, dtype=np.float64).reshape(4, 2).T[:1].T,
        np.broadcast_to(np.float32(2), (4,)),
        np.arange(4, dtype=np.uint16),
    ],
    ids=lambda array: f"{array.dtype.str}{list(array.strides)}",
)
def test_to_tensors_and_back(array: np.ndarray) -> None:
    tensors = Events({"x": array}).to("cpu")
    assert isinstance(tensors["x"], torch.Tensor)
    back = tensors.host()["x"]
    assert back.dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(back, array)


def test_text_stays_on_the_host() -> None:
    events = Events({"name": np.array(["w", "qcd"]), "x": np.zeros(2)}).to("cpu")
    assert events["name"].tolist() == ["w", "qcd"]
    assert events.host()["x"].shape == (2,)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_where_is_take_of_the_rows_that_are_true(share: float) -> None:
    rng = np.random.default_rng(3)
    lengths = rng.integers(0, 4, 2000)
    lists = Jagged.from_lengths(rng.normal(size=(lengths.sum(), 2)), lengths)
    events = Events({"x": rng.normal(size=2000), "pt": lists, "eta": Jagged(-lists.values, lists.offsets)})
    mask = rng.random(2000) >= share
    kept, expected = events.where(mask), events.take(np.flatnonzero(mask))
    assert len(kept) == len(expected) == mask.sum()
    np.testing.assert_array_equal(kept["x"], expected["x"])
    for name in ("pt", "eta"):
        np.testing.assert_array_equal(kept[name].values, expected[name].values)
        np.testing.assert_array_equal(kept[name].offsets, expected[name].offsets)
    assert kept["pt"].offsets is kept["eta"].offsets
