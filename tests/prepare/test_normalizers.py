"""The normalizers against numpy and scikit-learn."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from hepdl_prepare.from_sklearn import FromSklearn
from hepdl_prepare.log_scale import LogScale
from hepdl_prepare.min_max import MinMax
from hepdl_prepare.normalizer import Normalizer
from hepdl_prepare.quantile_normalize import QuantileNormalize
from hepdl_prepare.robust_scale import RobustScale
from hepdl_prepare.standardize import Standardize
from hepdl_prepare.sums import quantiles
from sklearn import preprocessing

from hepdl.algorithm import DeviceAlgorithm
from hepdl.chain import to_json
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events, Jagged

N = 600
RANDOM = np.random.default_rng(2)
LENGTHS = RANDOM.integers(0, 4, N)
TABLE: dict[str, Any] = {
    "pt": RANDOM.exponential(50, N).astype(np.float32) + 1,
    "eta": RANDOM.normal(0, 1.5, N).astype(np.float32),
    "n": RANDOM.integers(0, 4, N),
    "same": np.full(N, 2.0, np.float32),
    "mostly": np.where(RANDOM.random(N) < 0.9, 1.0, RANDOM.random(N)).astype(np.float32),
    "weight": RANDOM.integers(1, 4, N).astype(np.float32),
    "tracks": Jagged.from_lengths(RANDOM.normal(3, 2, (LENGTHS.sum(), 2)).astype(np.float32), LENGTHS),
}
COLUMNS = Columns({n: ColumnType(c.dtype.name) for n, c in TABLE.items() if n != "tracks"})
COLUMNS = COLUMNS.plus({"tracks": ColumnType(shape=(2,), jagged=True)})
TRAIN = np.arange(0, N, 2)


def fitted(step: Normalizer, **changes: np.ndarray) -> Any:
    step._module = step.build(COLUMNS)
    rows = Rows(Events(TABLE | changes), TRAIN, COLUMNS, lambda events: events, "cpu", seed=1)
    step.fit(rows, rows)
    return step


def result(step: DeviceAlgorithm) -> Any:
    if step.module is None:
        step._module = step.build(COLUMNS)
    return step.execute(Events(TABLE).to("cpu"))["out"]


def repeated(name: str, rows: np.ndarray = TRAIN) -> np.ndarray:
    """Each training value as often as its weight says."""
    return np.repeat(TABLE[name][rows], TABLE["weight"][rows].astype(int))


NORMALIZERS = [
    Standardize(["pt", "eta"], "out"), RobustScale(["pt", "eta"], "out"), MinMax(["pt", "eta"], "out", range=[-1, 1]),
    LogScale(["pt", "eta"], "out"), LogScale(["pt"], "out", kind="plain", standardize=False),
    QuantileNormalize(["pt", "eta"], "out"), QuantileNormalize(["pt"], "out", distribution="uniform"),
]  # fmt: skip


@pytest.mark.parametrize("step", NORMALIZERS, ids=lambda step: step.label)
def test_the_inverse_gives_training_events_back(step: Normalizer) -> None:
    step = fitted(step)
    x = np.column_stack([TABLE[name] for name in step.columns])[TRAIN]
    np.testing.assert_allclose(step.module.inverse(result(step)[TRAIN]), x, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("weighted", [True, False])
def test_robust_scale_has_median_0_and_interquartile_range_1(weighted: bool) -> None:
    out = result(fitted(RobustScale(["pt"], "out", weighted=weighted)))[TRAIN, 0].numpy()
    values = np.repeat(out, TABLE["weight"][TRAIN].astype(int)) if weighted else out
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    assert median == pytest.approx(0, abs=0.01)
    assert high - low == pytest.approx(1, abs=0.02)


def test_min_max_takes_the_training_part_to_the_ends() -> None:
    out = result(fitted(MinMax(["pt", "n"], "out", range=[-1, 3])))[TRAIN]
    np.testing.assert_allclose(out.amin(0), [-1, -1], atol=1e-6)
    np.testing.assert_allclose(out.amax(0), [3, 3], atol=1e-6)


def test_clip_bounds_what_comes_out() -> None:
    assert result(fitted(MinMax(["pt"], "out", clip=[0.2, 0.5]))).aminmax() == (pytest.approx(0.2), pytest.approx(0.5))


def test_log_scale() -> None:
    out = result(fitted(LogScale(["eta", "pt"], "out", unit=2, standardize=False)))
    both = np.column_stack([TABLE["eta"], TABLE["pt"]])
    np.testing.assert_allclose(out, np.sign(both) * np.log1p(np.abs(both) / 2), rtol=1e-5)
    out = result(fitted(LogScale(["pt"], "out", kind="plain", weighted=False)))[TRAIN]
    assert float(out.mean()) == pytest.approx(0, abs=1e-5)
    log = np.log(TABLE["pt"][TRAIN].astype(float))
    np.testing.assert_allclose(out[:, 0], (log - log.mean()) / log.std(), rtol=1e-4, atol=1e-5)


def test_what_is_below_the_least_training_value_counts_as_that() -> None:
    step = fitted(LogScale(["pt"], "out", kind="plain", standardize=False))
    assert float(step.module(torch.tensor([-3.0]))) == pytest.approx(np.log(TABLE["pt"][TRAIN].min()), rel=1e-5)


def test_quantile_normalize_is_uniform_or_normal_with_weights() -> None:
    uniform = result(fitted(QuantileNormalize(["pt"], "out", distribution="uniform")))[TRAIN, 0]
    weight = TABLE["weight"][TRAIN] / TABLE["weight"][TRAIN].sum()
    below = np.array([weight[uniform.numpy() <= level].sum() for level in (0.1, 0.5, 0.9)])
    np.testing.assert_allclose(below, [0.1, 0.5, 0.9], atol=0.01)
    normal = result(fitted(QuantileNormalize(["pt"], "out", weighted=False)))[TRAIN, 0]
    assert float(normal.mean()) == pytest.approx(0, abs=0.01)
    assert float(normal.std()) == pytest.approx(1, abs=0.02)
    assert float(result(fitted(QuantileNormalize(["pt"], "out"))).abs().max()) < 5.3


def test_equal_values_get_the_middle_of_their_probabilities() -> None:
    out = result(fitted(QuantileNormalize(["n"], "out", distribution="uniform", weighted=False, quantiles=2001)))
    for value in (1, 2):
        below = (TABLE["n"][TRAIN] < value).mean() + (TABLE["n"][TRAIN] == value).mean() / 2
        assert float(out[TABLE["n"] == value][0]) == pytest.approx(below, abs=2e-3)
    assert sorted({float(out[TABLE["n"] == 0][0]) < 0.2, float(out[TABLE["n"] == 3][0]) > 0.8}) == [True]


def test_quantiles_are_those_of_numpy() -> None:
    x, levels = torch.from_numpy(TABLE["pt"].astype(float)), torch.linspace(0, 1, 21, dtype=torch.float64)
    got = quantiles(x, torch.ones_like(x), levels)
    np.testing.assert_allclose(got[1:-1], np.quantile(x, levels[1:-1], method="hazen"), rtol=1e-6)
    assert (got[0], got[-1]) == (x.min(), x.max())
    weight = torch.from_numpy(TABLE["weight"].astype(float))
    many = quantiles(x.repeat_interleave(weight.long()), torch.ones(int(weight.sum())).double(), levels)
    np.testing.assert_allclose(quantiles(x, weight, levels), many, rtol=0.02)


def test_quantiles_of_negative_weights_ascend() -> None:
    x, weight = torch.arange(50.0).double(), torch.where(torch.arange(50) % 3 == 0, -1.0, 1.0).double()
    got = quantiles(x, weight, torch.linspace(0, 1, 30).double())
    assert bool((got[1:] >= got[:-1]).all()) and got.isfinite().all()


@pytest.mark.parametrize("kind", [RobustScale, MinMax, LogScale, QuantileNormalize])
def test_lists_are_scaled_over_all_particles(kind: type[Normalizer]) -> None:
    got = result(fitted(kind(["tracks"], "out", weighted=False)))
    tracks = TABLE["tracks"].take(TRAIN)
    flat = kind(["a"], "out", weighted=False)
    columns = Columns(a=ColumnType(shape=(2,)))
    flat._module = flat.build(columns)
    rows = Rows(Events({"a": tracks.values}), np.arange(len(tracks.values)), columns, lambda e: e, "cpu", seed=1)
    flat.fit(rows, rows)
    np.testing.assert_allclose(got.values, flat.module(torch.from_numpy(TABLE["tracks"].values)), atol=1e-5)
    np.testing.assert_array_equal(got.offsets, TABLE["tracks"].offsets)


@pytest.mark.parametrize("kind", [RobustScale, MinMax, LogScale, QuantileNormalize])
def test_useless_columns_are_refused(kind: type[Normalizer]) -> None:
    with pytest.raises(BadValues, match=f"{kind.__name__}: column 'same' is 2 in all training events; leave it out"):
        fitted(kind(["pt", "same"], "out"))


def test_messages() -> None:
    with pytest.raises(BadValues, match=r"'mostly' is 1 from the quantile 0.25 to 0.75 .* wider range with between"):
        fitted(RobustScale(["mostly"], "out"))
    with pytest.raises(BadValues, match=r"'eta' goes down to -.* take kind=\"signed\""):
        fitted(LogScale(["eta"], "out", kind="plain"))
    with pytest.raises(ParameterError, match=r"clip is a least and a greatest value, .* is \[2.0, 1.0"):
        MinMax(["pt"], "out", clip=[2.0, 1.0])
    with pytest.raises(ParameterError, match="between is two probabilities from 0 to 1"):
        RobustScale(["pt"], "out", between=[-0.2, 0.5])
    with pytest.raises(ParameterError, match="range is a least and a greatest value"):
        MinMax(["pt"], "out", range=[1.0, 1.0])


SCALERS = [
    preprocessing.StandardScaler(), preprocessing.StandardScaler(with_mean=False), preprocessing.MinMaxScaler((-1, 2)),
    preprocessing.StandardScaler(with_std=False), preprocessing.MinMaxScaler(clip=True), preprocessing.RobustScaler(),
    preprocessing.MaxAbsScaler(), preprocessing.QuantileTransformer(n_quantiles=50),
    preprocessing.QuantileTransformer(n_quantiles=50, output_distribution="normal"),
]  # fmt: skip


@pytest.mark.parametrize("scaler", SCALERS, ids=str)
def test_scikit_learns_scalers_give_the_same(scaler: Any) -> None:
    x = np.column_stack([TABLE["pt"], TABLE["n"]]).astype(np.float64)
    step = FromSklearn(scaler.fit(x[TRAIN]), ["pt", "n"], "out")
    step = FromSklearn(**json.loads(json.dumps(to_json(step)))["parameters"])
    assert step.declare(COLUMNS)["out"].members == ("pt", "n")
    np.testing.assert_allclose(result(step), scaler.transform(x), rtol=1e-4, atol=1e-5)


def test_scikit_learn_messages() -> None:
    with pytest.raises(ParameterError, match="one of StandardScaler, .*, not a PowerTransformer"):
        FromSklearn(preprocessing.PowerTransformer(), ["pt"], "out")
    with pytest.raises(ParameterError, match="the MaxAbsScaler has learned nothing yet: call its fit"):
        FromSklearn(preprocessing.MaxAbsScaler(), ["pt"], "out")
    scaler = preprocessing.MaxAbsScaler().fit([[1.0, 2.0]])
    with pytest.raises(WiringError, match=r"the scaler has 2 features, but columns=\['pt'\] have 1"):
        FromSklearn(scaler, ["pt"], "out").declare(COLUMNS)
    step = FromSklearn(scaler, ["pt", "eta"], "out")
    other = step.replaced(scaler=step.scaler | {"names": ["eta", "pt"]})
    with pytest.raises(WiringError, match=r"learned \['eta', 'pt'\], in this order, but the columns are"):
        other.declare(COLUMNS)
