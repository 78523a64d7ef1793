from __future__ import annotations

import json
import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hepdl_networks.dense import Dense
from hepdl_training.optimizers import SGD, Adam
from hepdl_training.schedules import Cosine
from hepdl_training.supervised import Supervised

from hepdl.errors import Interrupted, TamperedFile, TrainingFailed
from hepdl.learning import loop
from tests.learning.material import bits, changed, ready, rows, toy

TABLE = toy(400)
TRAIN, CHECK = np.arange(300), np.arange(300, 400)
STEP = Supervised(
    network=Dense(inputs=["x"], layers=[8], dropout=0.2, batch_norm=True), epochs=4, batch_size=50,
    optimizer=Adam(rate=0.01, decay=0.1), schedule=Cosine(), average=0.5,
)  # fmt: skip


def fit(step: Any) -> Any:
    step.fit(rows(TABLE, TRAIN), rows(TABLE, CHECK))
    return step


def stop_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Raise in the middle of a training, as a crash would."""
    save = loop.Training._save_when_due
    count = 0

    def counted(self: loop.Training, phase: loop.Phase) -> None:
        nonlocal count
        save(self, phase)
        count += 1
        if count == steps:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop.Training, "_save_when_due", counted)


@pytest.mark.parametrize("steps", [1, 6, 7, 15, 23])
@pytest.mark.parametrize("seconds", [0.0, 1e-3])
def test_resumed_is_bit_identical(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int, seconds: float) -> None:
    whole = fit(ready(STEP, tmp_path / "whole"))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, steps)
        fit(ready(STEP, tmp_path / "parts", checkpoint_seconds=seconds))
    torch.rand(100)  # a new process has other random numbers
    resumed = fit(ready(STEP, tmp_path / "parts", resume=True))
    assert bits(resumed) == bits(whole)
    assert metrics(tmp_path / "parts") == metrics(tmp_path / "whole")


def metrics(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    differ = ("seconds", "waiting", "health")  # the last is lost when the epoch was stopped behind its last step
    return [{k: v for k, v in line.items() if k not in differ} for line in lines]


def test_same_seed_same_bits_and_another_seed_others() -> None:
    first, second, third = (fit(ready(STEP, seed=seed)) for seed in (1, 1, 2))
    assert bits(first) == bits(second) != bits(third)


def test_a_tampered_checkpoint_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, 9)
        fit(ready(STEP, tmp_path, checkpoint_seconds=0.0))
    path = tmp_path / "checkpoint" / "Supervised.pt"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(TamperedFile, match=r"Supervised\.pt' does not match its checksum"):
        fit(ready(STEP, tmp_path, resume=True))


def test_a_checkpoint_of_another_network_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, 3)
        fit(ready(STEP, tmp_path, checkpoint_seconds=0.0))
    other = STEP.replaced(network=Dense(inputs=["x"], layers=[9]))
    with pytest.raises(TamperedFile, match=r"does not fit Supervised: it was written with other networks"):
        fit(ready(other, tmp_path, resume=True))


@pytest.mark.parametrize(("number", "words"), [(signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "Ctrl-C")])
def test_signals_save_and_say_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    updates = loop.Tally.add

    def signalled(self: loop.Tally, losses: Any) -> None:
        updates(self, losses)
        os.kill(os.getpid(), number)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Tally, "add", signalled)
        with pytest.raises(Interrupted, match=rf"Supervised stopped by {words} in phase 'training', epoch 1 of 4; a"):
            fit(ready(STEP, tmp_path))
    assert bits(fit(ready(STEP, tmp_path, resume=True))) == bits(fit(ready(STEP)))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_in_the_last_validation_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle = loop.Training._settle

    def signalled(self: loop.Training, phase: loop.Phase) -> None:
        settle(self, phase)
        os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Training, "_settle", signalled)
        with pytest.raises(Interrupted, match="stopped by SIGTERM after its last epoch; all is saved"):
            fit(ready(STEP, tmp_path))
    assert bits(fit(ready(STEP, tmp_path, resume=True))) == bits(fit(ready(STEP)))


def test_the_time_limit_stops() -> None:
    with pytest.raises(Interrupted, match="stopped by the time limit.*no folder, so nothing was saved"):
        fit(ready(STEP, until=time.time()))


def test_a_diverging_training_is_told_in_words(tmp_path: Path) -> None:
    step = STEP.replaced(optimizer=SGD(rate=1e30), network=Dense(inputs=["x"], layers=[8]))
    with pytest.raises(TrainingFailed, match=r"'loss' is not a finite number.*epoch 1 of 4, step \d of 6; try a small"):
        fit(ready(step, tmp_path, checkpoint_seconds=0.0))


def test_early_stopping_keeps_the_best(caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(1)
    noise = changed(TABLE, label=rng.integers(0, 2, len(TABLE)).astype(np.float32))
    step = ready(STEP.replaced(epochs=500, patience=3, average=0.0, optimizer=Adam(rate=0.05)))
    with caplog.at_level(logging.DEBUG, "hepdl.Supervised"):
        step.fit(rows(noise, TRAIN), rows(noise, CHECK))
    lines = [record.message for record in caplog.records]
    assert len(lines) < 60
    best = int(lines[-1].split("kept epoch ")[1].split(",")[0])
    assert best == len(lines) - 1 - 3
    objective = step.objective().fit(rows(noise, TRAIN), rows(noise, CHECK), step.job)
    kept = float(objective.over(step.module, rows(noise, CHECK), 99))
    assert f"{kept:.4g}" == lines[-1].split()[-1]


def test_metrics_of_each_epoch(tmp_path: Path) -> None:
    fit(ready(STEP, tmp_path))
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    assert set(lines[0]) == {
        "step",
        "phase",
        "epoch",
        "loss",
        "validation_loss",
        "rate",
        "seconds",
        "waiting",
        "health",
    }
    assert lines[-1]["loss"] < lines[0]["loss"] and lines[-1]["rate"] < lines[0]["rate"]


def test_the_job_may_change_the_number_of_epochs(tmp_path: Path) -> None:
    fit(ready(STEP, tmp_path, epochs=2))
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 2
