"""Losses of regression: known values, and what they learn of a known distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hepdl_networks.dense import Dense
from hepdl_training.losses import MeanSquaredError
from hepdl_training.optimizers import Adam
from hepdl_training.regression import GaussianLikelihood, Huber, LogCosh, Quantiles, Regression
from hepdl_training.supervised import Supervised

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ParameterError, WiringError
from hepdl.events import Events
from tests.learning.material import ready, rows

NUMBER, PAIR = ColumnType(), ColumnType(shape=(2,))


def test_outliers_count_less() -> None:
    prediction, target = torch.tensor([[0.5], [3.0], [-3.0]]), torch.zeros(3)
    assert Huber().loss(prediction, target).tolist() == pytest.approx([0.125, 2.5, 2.5])
    assert Huber(delta=2).loss(prediction, target).tolist() == pytest.approx([0.125, 4, 4])
    expected = [math.log(math.cosh(d)) for d in (0.5, 3, -3)]
    assert LogCosh().loss(prediction, target).tolist() == pytest.approx(expected, rel=1e-5)
    assert LogCosh().loss(torch.tensor([[1e4]]), torch.zeros(1)).item() == pytest.approx(1e4 - math.log(2))


@pytest.mark.parametrize("loss", [MeanSquaredError, Huber, LogCosh])
def test_shift_and_scale_are_units(loss: type[Regression]) -> None:
    plain, scaled = loss(), loss(shift=80, scale=20)
    prediction = torch.tensor([[0.0, 0.5], [1.0, -2.0]])
    target = torch.tensor([[80.0, 80.0], [120.0, 40.0]])
    assert scaled.loss(prediction, target).equal(plain.loss(prediction, torch.tensor([[0.0, 0.0], [2.0, -2.0]])))
    assert scaled.activate(prediction).tolist() == [[80, 90], [100, 40]]
    assert scaled.outputs(PAIR) == 2 and scaled.activate(prediction[:, :1]).shape == (2,)


def test_pinball() -> None:
    loss = Quantiles([0.25, 0.5])
    assert loss.loss(torch.tensor([[0.0, 0.0]]), torch.tensor([4.0])).tolist() == [4 * 0.25 + 4 * 0.5]
    assert loss.loss(torch.tensor([[0.0, 0.0]]), torch.tensor([-4.0])).tolist() == [4 * 0.75 + 4 * 0.5]
    assert loss.activate(torch.tensor([[2.0, 1.0]])).tolist() == [[1, 2]]
    assert Quantiles([0.5], shift=3).activate(torch.zeros(2, 1)).tolist() == [3, 3]


def test_likelihood_of_a_gaussian() -> None:
    loss = GaussianLikelihood(shift=10, scale=2)
    prediction = torch.tensor([[1.0, 0.3]])
    mean, width = loss.activate(prediction)[0].tolist()
    assert (mean, width) == pytest.approx((12, 2 * math.log1p(math.exp(0.3))), rel=1e-5)
    gauss = torch.distributions.Normal(mean, width)
    gap = loss.loss(prediction, torch.tensor([9.0])) + gauss.log_prob(torch.tensor(9.0))
    assert gap.item() == pytest.approx(-0.5 * math.log(2 * math.pi) - math.log(2), rel=1e-5)


def learned(loss: Regression) -> np.ndarray:
    """What a network without inputs of use says of a Gaussian target of mean 80 and width 20: ``[outputs]``."""
    rng = np.random.default_rng(1)
    n = 4000
    table = Events({
        "x": np.zeros(n, np.float32), "y": rng.normal(80, 20, n).astype(np.float32), "weight": np.ones(n, np.float32),
    })  # fmt: skip
    columns = Columns(x=ColumnType(), y=ColumnType(), weight=ColumnType())
    step = ready(
        Supervised(network=Dense(inputs=["x"], layers=[]), target="y", loss=loss, epochs=40, batch_size=200,
                   optimizer=Adam(rate=0.01), keep="last"), columns=columns)  # fmt: skip
    step.fit(rows(table, columns=columns), rows(table, np.arange(100), columns=columns))
    with torch.no_grad():
        made: np.ndarray = step.execute(table.rows(0, 1).to("cpu"))["score"][0].numpy()
    return made


def test_quantiles_are_learned() -> None:
    assert learned(Quantiles([0.16, 0.5, 0.84], shift=70, scale=30)).tolist() == pytest.approx([60, 80, 100], abs=2)


def test_mean_and_width_are_learned() -> None:
    assert learned(GaussianLikelihood(shift=70, scale=30)).tolist() == pytest.approx([80, 20], abs=1.5)


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match="levels must ascend between 0 and 1, they are"):
        Quantiles([0.5, 0.1])
    with pytest.raises(WiringError, match=r"Quantiles: its target must be one number, not float32\[2\]"):
        Quantiles().outputs(PAIR)
    with pytest.raises(WiringError, match="GaussianLikelihood: its target must be one number"):
        GaussianLikelihood().outputs(PAIR)
