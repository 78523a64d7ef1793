from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hepdl_networks.categorical import Categorical
from hepdl_networks.dense import Dense
from hepdl_networks.mixture_density import MixtureDensity
from hepdl_training.duel import Duel
from hepdl_training.losses import CrossEntropy, MeanSquaredError
from hepdl_training.optimizers import LBFGS, Adam
from hepdl_training.pivot import Pivot
from hepdl_training.supervised import Supervised

from hepdl.columns import ColumnType
from hepdl.errors import BadValues, ParameterError
from hepdl.events import Events
from tests.learning.material import COLUMNS, bits, changed, ready, rows, toy
from tests.learning.test_loop import stop_after

TABLE = toy(1500)
TRAIN, CHECK = np.arange(1000), np.arange(1000, 1500)
STEP = Pivot(
    classifier=Dense(inputs=["x"], layers=[8], dropout=0.1, batch_norm=True),
    adversary=MixtureDensity(inputs=["score"], components=2, layers=[8]),
    nuisance="z", only="label == 1", strength=10.0, scan=[2.5],
    pretrain_epochs=2, pretrain_adversary_epochs=1, epochs=2, batch_size=200, adversary_steps=2,
)  # fmt: skip


def fit(step: Any, table: Events = TABLE, train: np.ndarray = TRAIN) -> Any:
    step.fit(rows(table, train), rows(table, CHECK))
    step.module.eval()
    return step


def columns(step: Pivot, table: Events = TABLE) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        return step.execute(table.to("cpu"))


def test_columns() -> None:
    step = fit(ready(STEP))
    names = ["score", "score_plain", "score_strength_2p5"]
    assert list(step.declare(COLUMNS)) == list(columns(step)) == names
    assert set(step.reads()) == {"x", "z", "label", "weight"}
    assert step.wired("expression") == ["label == 1"]
    assert all(column.shape == (1500,) for column in columns(step).values())


def test_strength_0_is_the_plain_network_bit_for_bit() -> None:
    step = fit(ready(STEP.replaced(strength=0.0)))
    made = columns(step)
    assert torch.equal(made["score"], made["score_plain"])
    assert not torch.equal(made["score"], made["score_strength_2p5"])


def test_strength_0_is_supervised_training_bit_for_bit() -> None:
    pivot = STEP.replaced(strength=0.0, scan=[], pretrain_epochs=0, pretrain_adversary_epochs=0, name="Train")
    alone = Supervised(
        network=pivot.classifier, optimizer=pivot.optimizer, schedule=pivot.schedule, clip=pivot.clip,
        average=pivot.average, epochs=pivot.epochs, batch_size=pivot.batch_size, keep="last", name="Train",
    )  # fmt: skip
    assert torch.equal(columns(fit(ready(pivot)))["score"], columns(fit(ready(alone)))["score"])


def test_other_strengths_do_not_change_the_score() -> None:
    alone = STEP.replaced(baseline=False, scan=[])
    assert torch.equal(columns(fit(ready(alone)))["score"], columns(fit(ready(STEP)))["score"])


def test_each_phase_changes_its_own_network_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pitfall of the authors' code: flags that are flipped too late let the wrong network learn."""

    def guard(name: str, frozen: str) -> None:
        method = getattr(Duel, name)

        def guarded(self: Duel, *arguments: Any) -> Any:
            before = {k: v.clone() for k, v in getattr(self, frozen).state_dict().items()}
            result = method(self, *arguments)
            assert all(torch.equal(v, before[k]) for k, v in getattr(self, frozen).state_dict().items())
            return result

        monkeypatch.setattr(Duel, name, guarded)

    guard("train_classifier", "adversary")
    guard("train_adversary", "classifier")
    fit(ready(STEP))


def test_events_outside_the_mask_do_not_reach_the_adversary_term() -> None:
    """Pitfall of the authors' code: no mask in the classifier's step. The nuisance may be anything there."""
    strange = changed(TABLE, z=np.where(TABLE["label"] > 0, TABLE["z"], np.nan).astype(np.float32))
    assert bits(fit(ready(STEP), strange)) == bits(fit(ready(STEP)))


def test_the_adversary_reads_the_classifier_in_eval_mode() -> None:
    step = ready(STEP)
    modes = []
    step.module["score"].register_forward_hook(lambda net, *_: modes.append((net.training, torch.is_grad_enabled())))
    fit(step)
    assert {True, False} == {training for training, _ in modes}
    assert (False, True) in modes  # eval mode, with a gradient: the adversarial term of the classifier's step


def test_it_learns_to_be_pivotal() -> None:
    table = toy(6000)
    step = STEP.replaced(
        classifier=Dense(inputs=["x"], layers=[16], activation="tanh"), adversary=MixtureDensity(inputs=["score"]),
        strength=30.0, scan=[], pretrain_epochs=20, pretrain_adversary_epochs=8, epochs=40, batch_size=500,
        adversary_steps=3,
    )  # fmt: skip
    made = columns(fit(ready(step), table, np.arange(1500, 6000)), table)
    signal = torch.from_numpy(table["label"] > 0)
    pivot, plain = (correlation(made[name], table, signal) for name in ("score", "score_plain"))
    assert plain > 0.4 and abs(pivot) < 0.15
    assert float(made["score"][signal].mean() - made["score"][~signal].mean()) > 0.15


def correlation(score: torch.Tensor, table: Events, mask: torch.Tensor) -> float:
    return float(torch.corrcoef(torch.stack([score[mask], torch.from_numpy(table["z"])[mask]]))[0, 1])


@pytest.mark.parametrize("steps", [3, 12, 17, 24])
def test_resumed_is_bit_identical(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    whole = fit(ready(STEP, tmp_path / "whole"))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_after(patch, steps)
        fit(ready(STEP, tmp_path / "parts", checkpoint_seconds=0.0))
    assert bits(fit(ready(STEP, tmp_path / "parts", resume=True))) == bits(whole)


def test_the_critic_speaks_and_notices_collapse(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blind = MixtureDensity(inputs=["score"], components=1, layers=[], scale=1e-9)
    step = STEP.replaced(adversary=blind, optimizer=Adam(rate=0.02), pretrain_epochs=10, scan=[])
    with caplog.at_level(logging.INFO, "hepdl.Pivot"):
        ready(step, tmp_path).fit(rows(toy(2000)), rows(toy(4000, seed=2)))
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert any("the adversary of 'score' has collapsed" in message for message in warnings)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    critic = {line["score"]: line for line in lines if line["phase"] == "critic"}
    assert critic["score"]["critic_information"] > 0.05 > critic["score"]["critic_bound"]
    assert "critic_bound" not in critic["score_plain"]
    duel = next(line for line in lines if line["phase"] == "score")
    assert {"loss", "adversary_loss", "validation_loss", "validation_adversary_loss"} <= set(duel)
    assert "validation_information" in duel


def test_a_discrete_nuisance() -> None:
    table = changed(TABLE, z=np.where(TABLE["z"] > 0, 50, 0).astype(np.int32))
    step = STEP.replaced(adversary=Categorical(inputs=["score"], classes=2))
    assert set(columns(fit(ready(step), table))) == set(step.strengths)
    three = changed(TABLE, z=np.digitize(TABLE["z"], [-1, 1]))
    with pytest.raises(BadValues, match=r"its target has 3 distinct values \(0, 1, 2\), but classes=2"):
        fit(ready(step), three)


def test_several_classes_and_more_inputs_of_the_adversary() -> None:
    table = changed(TABLE, label=np.arange(1500).astype(np.float32) % 3)
    adversary = MixtureDensity(inputs=["score", "x"], layers=[8])
    step = ready(STEP.replaced(loss=CrossEntropy(classes=3), adversary=adversary, scan=[], balance=True))
    assert step.declare(COLUMNS) == dict.fromkeys(["score", "score_plain"], ColumnType(shape=(3,)))
    assert columns(fit(step, table), table)["score"].shape == (1500, 3)


def test_a_score_that_is_no_probability() -> None:
    table = changed(TABLE, label=TABLE["x"][:, 0])
    step = STEP.replaced(loss=MeanSquaredError(), view="score", scan=[], baseline=False)
    assert columns(fit(ready(step), table), table)["score"].shape == (1500,)
    with pytest.raises(ParameterError, match="MeanSquaredError gives no probabilities, so set view='score'"):
        STEP.replaced(loss=MeanSquaredError())


def test_without_validation_nobody_checks(caplog: pytest.LogCaptureFixture) -> None:
    step = ready(STEP)
    with caplog.at_level(logging.WARNING, "hepdl.Pivot"):
        step.fit(rows(TABLE, TRAIN), rows(TABLE, CHECK[:0]))
    assert "no validation events: nobody has checked whether the score is pivotal" in caplog.text


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match=r"the adversary must read the score 'score', its inputs are \['x'\]"):
        STEP.replaced(adversary=MixtureDensity(inputs=["x"]))
    with pytest.raises(ParameterError, match=r"scan=\[10.0\] must hold distinct strengths"):
        STEP.replaced(scan=[10.0])
    with pytest.raises(ParameterError, match="L-BFGS needs all events at once"):
        STEP.replaced(optimizer=LBFGS())
    with pytest.raises(ParameterError, match=r"Pivot.strength: should be greater than or equal to 0 \(got -1.0\)"):
        STEP.replaced(strength=-1.0)
    mask = np.zeros(1500, bool)
    with pytest.raises(BadValues, match=r"the sum of weights 'weight' of the training part where label == 1 is 0"):
        fit(ready(STEP), changed(TABLE, **{"label == 1": mask}))
