"""A temperature that is known is found again."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hepdl_training.calibration import TemperatureScaling
from hepdl_training.losses import CrossEntropy

from hepdl.columns import Columns, ColumnType
from hepdl.errors import NothingLeft
from hepdl.events import Events
from tests.learning.material import ready, rows

COLUMNS = Columns(score=ColumnType(), label=ColumnType(), weight=ColumnType())


def table(too_sure: float, classes: int = 2, n: int = 20_000) -> Events:
    """A score whose logits are ``too_sure`` times too large."""
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(n, classes))
    share = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    label = (rng.random((n, 1)) > np.cumsum(share, 1)).sum(1)
    score = np.exp(too_sure * logits) / np.exp(too_sure * logits).sum(1, keepdims=True)
    made = score[:, 1] if classes == 2 else score
    return Events({"score": made.astype(np.float32), "label": label.astype(np.float32), "weight": np.ones(n, "f4")})


@pytest.mark.parametrize(("classes", "too_sure"), [(2, 3.0), (2, 0.5), (4, 2.0)])
def test_the_temperature_is_found(classes: int, too_sure: float) -> None:
    columns = COLUMNS.plus({"score": ColumnType(shape=() if classes == 2 else (classes,))})
    events = table(too_sure, classes)
    step = ready(TemperatureScaling("score"), columns=columns)
    step.fit(rows(events, np.arange(10), columns=columns), rows(events, columns=columns))
    assert float(step.module.temperature) == pytest.approx(too_sure, rel=0.05)
    made = step.execute(events.to("cpu"))["calibrated"].numpy()
    expected = table(1.0, classes)["score"]
    assert np.abs(made - expected).max() < 0.02
    assert step.declare(columns)["calibrated"] == columns["score"]


def test_it_needs_validation_events() -> None:
    step = ready(TemperatureScaling("score"), columns=COLUMNS)
    with pytest.raises(NothingLeft, match="TemperatureScaling: a temperature is fitted on the validation part"):
        step.fit(rows(table(1), columns=COLUMNS), rows(table(1), np.arange(0), columns=COLUMNS))


def test_a_temperature_in_the_loss() -> None:
    logits, target = torch.tensor([[2.0], [-4.0]]), torch.tensor([1.0, 1.0])
    warm, plain = CrossEntropy(temperature=2), CrossEntropy()
    assert warm.loss(logits, target).equal(plain.loss(logits / 2, target))
    assert warm.activate(logits).equal(plain.activate(logits / 2))
