"""Each trouble of a training is provoked and told; a sound training is told nothing."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hepdl_networks.dense import Dense
from hepdl_training.losses import CrossEntropy, MeanSquaredError
from hepdl_training.optimizers import SGD, Adam
from hepdl_training.supervised import Supervised

from hepdl.events import Events
from hepdl.learning.health import gradient_trouble, idle_trouble, loss_trouble
from tests.learning.material import bits, changed, ready, rows, toy

TABLE = toy(1000)
SOUND = Supervised(network=Dense(inputs=["x"], layers=[16, 16]), epochs=6, batch_size=100, optimizer=Adam(rate=0.005))


def alarms(step: Supervised, caplog: pytest.LogCaptureFixture, table: Events = TABLE, train: int = 700) -> str:
    """What a training is warned of."""
    step = ready(step)
    with caplog.at_level(logging.WARNING, "hepdl"):
        step.fit(rows(table, np.arange(train)), rows(table, np.arange(700, 1000)))
    return caplog.text


@pytest.mark.parametrize(
    "network",
    [
        SOUND.network,
        Dense(inputs=["x"], layers=[32] * 8, residual=True),
        Dense(inputs=["x"], layers=[16], activation="tanh"),
    ],
)
def test_a_sound_training_has_no_alarm(network: Dense, caplog: pytest.LogCaptureFixture) -> None:
    assert alarms(SOUND.replaced(network=network), caplog) == ""
    assert SOUND.replaced(network=network).concerns() == []


def test_gradients_that_vanish(caplog: pytest.LogCaptureFixture) -> None:
    deep = Dense(inputs=["x"], layers=[16] * 12, activation="sigmoid")
    said = alarms(SOUND.replaced(network=deep), caplog)
    assert "training epoch 1, training health: gradients vanish on the way down: that of 'layers.0.weight'" in said
    assert said.count("gradients vanish") == 1  # once, not in each epoch
    assert "12 hidden layers with sigmoid: each lets at most a quarter of the gradient through" in said


def test_gradients_that_explode(caplog: pytest.LogCaptureFixture) -> None:
    table = changed(TABLE, z=(1e4 * TABLE["x"][:, 0]).astype(np.float32))
    step = SOUND.replaced(target="z", loss=MeanSquaredError(), optimizer=Adam(rate=0.001))
    assert "gradients explode: that of" in alarms(step, caplog, table)


def test_dead_units(caplog: pytest.LogCaptureFixture) -> None:
    table = changed(TABLE, x=TABLE["x"] - np.float32(200))  # nothing is standardized
    said = alarms(SOUND.replaced(optimizer=SGD(rate=0.5)), caplog, table)
    assert "of the units behind 'layers.1' are dead (0 for every event) or saturated" in said


def test_saturated_units(caplog: pytest.LogCaptureFixture) -> None:
    table = changed(TABLE, x=TABLE["x"] * np.float32(1e-3) + np.float32(300))
    step = SOUND.replaced(network=Dense(inputs=["x"], layers=[16, 16], activation="tanh"))
    assert "of the units behind 'layers.1' are dead (0 for every event) or saturated" in alarms(step, caplog, table)


def test_a_loss_that_does_not_move(caplog: pytest.LogCaptureFixture) -> None:
    said = alarms(SOUND.replaced(optimizer=Adam(rate=1e-9)), caplog)
    assert "the loss has not moved in 3 epochs" in said
    assert "Adam(rate=1e-09) is unusually small, it will hardly move" in said


def test_over_fitting(caplog: pytest.LogCaptureFixture) -> None:
    step = SOUND.replaced(network=Dense(inputs=["x"], layers=[128, 128]), epochs=60, batch_size=20)
    said = alarms(step.replaced(optimizer=Adam(rate=0.01)), caplog, train=60)
    assert "over-fitting: the validation loss was best in epoch" in said


def test_too_narrow_for_its_depth(caplog: pytest.LogCaptureFixture) -> None:
    narrow = SOUND.replaced(network=Dense(inputs=["x"], layers=[4] * 10))
    assert "10 hidden layers of width 4 to 4 are too narrow for their depth: the sum of 1/width is 2.5" in alarms(
        narrow, caplog
    )
    assert narrow.replaced(network=narrow.network.replaced(residual=True)).concerns() == []


def test_numbers_stand_in_the_metrics_and_bits_stay(tmp_path: Path) -> None:
    learned = []
    for health in (True, False):
        step = ready(SOUND.replaced(health=health), folder=tmp_path / str(health))
        step.fit(rows(TABLE, np.arange(700)), rows(TABLE, np.arange(700, 1000)))
        learned.append(bits(step))
    assert learned[0] == learned[1]
    lines = [json.loads(line) for line in (tmp_path / "True" / "metrics.jsonl").read_text().splitlines()]
    looked = [line["health"] for line in lines]
    assert len(looked) == 6 and set(looked[0]["idle"]) == {"layers.1", "layers.3"}
    assert set(looked[0]["gradient_over_weight"]) == {f"layers.{i}.weight" for i in (0, 2, 4)}
    assert "health" not in (tmp_path / "False" / "metrics.jsonl").read_text()


def entry(epoch: int, loss: float, check: float | None = None) -> dict[str, Any]:
    return {"epoch": epoch, "loss": loss} | ({} if check is None else {"validation_loss": check})


def test_judgements() -> None:
    assert gradient_trouble({"a": 0.1, "b": 0.2}, 1) == {}
    assert set(gradient_trouble({"a": 1e-9, "b": 0.2}, 5)) == {"vanishing"}
    assert "no layer gets a gradient" in gradient_trouble({"a": 0.0, "b": 0.0}, 1)["vanishing"]
    assert gradient_trouble({"a": 1e-9, "b": 1e-9}, 9) == {}  # it has converged
    assert idle_trouble({"a": 0.5}) == {} and "in 1 of 2 layers" in idle_trouble({"a": 0.1, "b": 0.9})["idle"]
    assert loss_trouble([entry(1, 1.0), entry(2, 1.0)]) == {}
    assert loss_trouble([entry(e, 1 / e, 1.1 / e) for e in range(1, 9)]) == {}
    noisy = [entry(e, 1 / e, 0.5 + 0.01 * (e % 2)) for e in range(1, 9)]
    assert loss_trouble(noisy) == {}


def test_unusual_rates() -> None:
    assert "SGD(rate=50) is unusually large" in SOUND.replaced(optimizer=SGD(rate=50)).concerns()[0]
    assert SOUND.replaced(loss=CrossEntropy(), optimizer=SGD(rate=0.1)).concerns() == []


def test_hooks_are_gone_after_the_training() -> None:
    step = ready(SOUND)
    step.fit(rows(TABLE, np.arange(700)), rows(TABLE, np.arange(700, 1000)))
    assert not any(module._forward_hooks for module in step.module.modules() if isinstance(module, torch.nn.Module))
