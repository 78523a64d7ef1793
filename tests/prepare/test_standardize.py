"""Standardize and Group."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hepdl_prepare.group import Group
from hepdl_prepare.standardize import Standardize

from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.errors import BadValues, MissingColumn, ParameterError, WiringError
from hepdl.events import Events, Jagged

N = 1000
RANDOM = np.random.default_rng(1)
TABLE = {
    "x": RANDOM.normal(5, 2, N).astype(np.float32),
    "group": RANDOM.normal([0, 100], [1, 30], (N, 2)).astype(np.float32),
    "time": 1.5e9 + RANDOM.normal(0, 100, N),
    "n": RANDOM.integers(0, 5, N),
    "same": np.full(N, 0.1, np.float32),
    "weight": RANDOM.normal(1, 2, N).astype(np.float32),
}
COLUMNS = Columns(
    {name: ColumnType(column.dtype.name, column.shape[1:]) for name, column in TABLE.items()}
    | {"part_pt": ColumnType(jagged=True), "image": ColumnType(shape=(1, 8, 8))}
)
TRAIN = np.arange(0, N, 2)


def rows(index: np.ndarray = TRAIN, **changes: np.ndarray) -> Rows:
    return Rows(Events(TABLE | changes), index, COLUMNS, lambda events: events, "cpu", seed=1)


def fitted(columns: list[str], train: Rows | None = None, **parameters: object) -> Standardize:
    step = Standardize(columns, output="features", **parameters)
    step._module = step.build(COLUMNS)
    train = train or rows()
    step.fit(train, train)
    return step


def test_types_and_members() -> None:
    step = Standardize(["x", "group"], output="features")
    assert step.reads() == ["x", "group", "weight"]
    assert step.declare(COLUMNS) == {"features": ColumnType("float32", (3,), members=("x", "group[0]", "group[1]"))}
    known = COLUMNS.plus(step.declare(COLUMNS))
    assert Group(["n", "features"], "all").declare(known)["all"].members == ("n", "x", "group[0]", "group[1]")


@pytest.mark.parametrize("weighted", [True, False])
def test_mean_and_width_are_those_of_the_training_part(weighted: bool) -> None:
    step = fitted(["x", "group", "n"], weighted=weighted)
    x = np.column_stack([TABLE["x"], TABLE["group"], TABLE["n"]]).astype(np.float64)[TRAIN]
    weight = TABLE["weight"][TRAIN].astype(np.float64) if weighted else None
    mean = np.average(x, 0, weight)
    width = np.sqrt(np.average((x - mean) ** 2, 0, weight))
    np.testing.assert_allclose(step.module.mean, mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(step.module.width, width, rtol=1e-6)
    got = step.execute(Events(TABLE).only(["x", "group", "n"]).to("cpu"))["features"]
    assert got.dtype == torch.float32
    np.testing.assert_allclose(got[TRAIN], (x - mean) / width, rtol=1e-4, atol=1e-4)


def test_a_column_in_double_precision_keeps_its_digits() -> None:
    step = fitted(["time"], weighted=False)
    got = step.execute(Events({"time": TABLE["time"]}).to("cpu"))["features"][TRAIN]
    assert float(got.mean()) == pytest.approx(0, abs=1e-5)
    assert float(got.std(correction=0)) == pytest.approx(1, abs=1e-5)


def test_inverse_gives_the_columns_back() -> None:
    step = fitted(["x", "group"])
    columns = [torch.from_numpy(TABLE[name]) for name in ("x", "group")]
    back = step.module.inverse(step.module(*columns))
    np.testing.assert_allclose(back, np.column_stack([TABLE["x"], TABLE["group"]]), rtol=1e-4, atol=1e-4)


def test_the_learned_state_is_in_buffers() -> None:
    assert sorted(fitted(["x"]).module.state_dict()) == ["mean", "width"]


def test_sums_do_not_depend_on_the_size_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fitted(["x", "group"]).module
    monkeypatch.setattr("hepdl_prepare.sums.BLOCK", 7)
    parts = fitted(["x", "group"]).module
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-6)
    np.testing.assert_allclose(parts.width, whole.width, rtol=1e-6)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("shape", [(), (2,)])
def test_particles_are_standardized_over_all_of_them(weighted: bool, shape: tuple[int, ...]) -> None:
    lengths = RANDOM.integers(0, 5, N)
    values = RANDOM.normal(3, 2, (lengths.sum(), *shape)).astype(np.float32)
    tracks = Jagged.from_lengths(values, lengths)
    known = COLUMNS.plus({"tracks": ColumnType(shape=shape, jagged=True)})
    step = Standardize(["tracks"], output="scaled", weighted=weighted)
    assert step.declare(known)["scaled"] == ColumnType(
        "float32", shape or (1,), True, ("tracks[0]", "tracks[1]") if shape else ("tracks",)
    )
    step._module = step.build(known)
    train = Rows(Events(TABLE | {"tracks": tracks}), TRAIN, known, lambda events: events, "cpu", seed=1)
    step.fit(train, train)
    x = np.concatenate([tracks.take(np.array([i])).values for i in TRAIN]).reshape(-1, *(shape or (1,)))
    weight = np.repeat(TABLE["weight"][TRAIN], lengths[TRAIN]).astype(float) if weighted else None
    mean = np.average(x.astype(float), 0, weight)
    np.testing.assert_allclose(step.module.mean, mean, rtol=1e-5)
    np.testing.assert_allclose(step.module.width, np.sqrt(np.average((x - mean) ** 2, 0, weight)), rtol=1e-5)
    got = step.execute(Events({"tracks": tracks}).to("cpu"))["scaled"]
    expected = (values.reshape(-1, *(shape or (1,))) - mean) / step.module.width.numpy()
    np.testing.assert_allclose(got.values, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(got.offsets, tracks.offsets)


def test_a_list_of_particles_is_standardized_alone() -> None:
    with pytest.raises(WiringError, match="is scaled alone, but columns=.* are several; pack jagged columns"):
        Standardize(["part_pt", "part_eta"], output="x").declare(COLUMNS.plus({"part_eta": ColumnType(jagged=True)}))


def test_no_particles_at_all() -> None:
    none = Jagged.from_lengths(np.zeros(0, np.float32), np.zeros(N, int))
    step = Standardize(["part_pt"], output="x")
    step._module = step.build(COLUMNS)
    train = Rows(Events(TABLE | {"part_pt": none}), TRAIN, COLUMNS, lambda events: events, "cpu", seed=1)
    with pytest.raises(BadValues, match="Standardize: the 500 training events hold no particles in 'part_pt'"):
        step.fit(train, train)


def test_a_constant_column_is_refused() -> None:
    with pytest.raises(BadValues, match="Standardize: column 'same' is 0.1 in all training events; leave it out"):
        fitted(["x", "same"])


def test_weights_must_add_up_to_something() -> None:
    negative = rows(weight=-np.abs(TABLE["weight"]))
    with pytest.raises(BadValues, match="weights of the 500 training events add up to -.*weighted=False"):
        fitted(["x"], negative)
    fitted(["x"], negative, weighted=False)


def test_negative_weights_that_outweigh_the_spread_are_refused() -> None:
    outer = np.abs(TABLE["x"] - TABLE["x"].mean()) > 2
    with pytest.raises(BadValues, match="column 'x' has variance -.* negative weights that outweigh"):
        fitted(["x"], rows(weight=np.where(outer, -1, 2).astype(np.float32)))


def test_nan_is_refused() -> None:
    with pytest.raises(BadValues, match="column 'x' has variance nan .* look for NaN"):
        fitted(["x"], rows(x=np.where(TABLE["n"] == 0, np.nan, TABLE["x"])))


def test_group_puts_columns_side_by_side() -> None:
    step = Group(["n", "group"], output="features")
    step._module = step.build(COLUMNS)
    got = step.execute(Events(TABLE).only(["n", "group"]).to("cpu"))["features"]
    assert got.dtype == torch.float32
    np.testing.assert_array_equal(got, np.column_stack([TABLE["n"], TABLE["group"]]))


@pytest.mark.parametrize("step", [Standardize, Group])
def test_columns_that_cannot_be_grouped(step: type) -> None:
    with pytest.raises(WiringError, match=rf"{step.__name__}: column 'part_pt' is jagged .* reduce it first"):
        step(["x", "part_pt"], output="features").declare(COLUMNS)
    with pytest.raises(WiringError, match=r"column 'image' is float32\[1\]\[8\]\[8\]; only numbers and groups"):
        step(["image"], output="features").declare(COLUMNS)
    with pytest.raises(MissingColumn, match="there is no column 'y'"):
        step(["y"], output="features").declare(COLUMNS)
    with pytest.raises(ParameterError, match="should have at least 1 item"):
        step([], output="features")
