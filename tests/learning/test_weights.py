from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from hepdl.errors import BadValues
from hepdl.events import Events
from hepdl.job import Job
from hepdl.learning.weights import Weighting, apply_policy, effective_size, weighted_mean
from hepdl.ledger import Ledger
from tests.learning.material import changed, rows, toy

JOB = Job(step="Fit")


def test_policies() -> None:
    weight = torch.tensor([1.0, -2.0, 3.0])
    assert apply_policy(weight, "keep").tolist() == [1, -2, 3]
    assert apply_policy(weight, "absolute").tolist() == [1, 2, 3]
    assert apply_policy(weight, "drop").tolist() == [1, 0, 3]


def test_effective_size() -> None:
    assert float(effective_size(torch.ones(7))) == 7
    assert float(effective_size(torch.tensor([1.0, 1.0, -1.0]))) == pytest.approx(1 / 3)


def with_negative(events: int = 600) -> Events:
    rng = np.random.default_rng(5)
    return changed(toy(events), weight=np.where(rng.random(events) < 0.3, -2.0, 1.5).astype(np.float32))


def test_mean_over_batches_is_the_mean_over_all_with_negative_weights() -> None:
    part = rows(with_negative())
    weighting = Weighting("weight").fit(part, JOB)
    names = ["weight", "z"]
    batches = [(weighted_mean(b["z"], weighting(b)), len(b)) for b in part.batches(names, 50, epoch=0)]
    events = part.everything(names)
    expected = (events["z"] * events["weight"]).sum() / events["weight"].sum()
    assert float(sum(mean * n for mean, n in batches) / len(part)) == pytest.approx(float(expected), rel=1e-4)


def test_a_batch_without_positive_sum_stays_bounded() -> None:
    weighting = Weighting("weight").fit(rows(with_negative()), JOB)
    batch = Events({"weight": torch.tensor([1.5, -1.5])})
    assert float(weighted_mean(torch.tensor([1.0, 1.0]), weighting(batch))) == 0


def test_mask_and_unlabelled_events_have_no_weight() -> None:
    table = toy(8)
    label = np.where(np.arange(8) == 0, np.nan, table["label"]).astype(np.float32)
    part = rows(changed(table, label=label))
    weighting = Weighting("weight", only="label == 1").fit(part, JOB)
    assert weighting(part.everything(["weight", "label == 1"])).tolist() == [0, 2] * 4
    assert weighting.share == 0.5
    labelled = Weighting("weight", target="label").fit(part, JOB)(part.everything(["weight", "label"]))
    assert labelled[0] == 0 and float(labelled.mean()) == pytest.approx(1)


def test_balance_gives_classes_the_same_sum() -> None:
    table = changed(toy(300), weight=np.where(np.arange(300) % 2, 5.0, 1.0).astype(np.float32))
    part = rows(table)
    weighting = Weighting("weight", target="label", classes=2).fit(part, JOB)
    events = part.everything(["weight", "label"])
    weight = weighting(events)
    assert float(weight[events["label"] == 1].sum()) == pytest.approx(150, rel=1e-5)
    assert float(weight.mean()) == pytest.approx(1, rel=1e-5)


def test_balance_needs_both_classes() -> None:
    part = rows(changed(toy(10), label=np.ones(10, np.float32)))
    with pytest.raises(BadValues, match=r"sums of weights of the classes are \[0\.0, 10\.0\]"):
        Weighting("weight", target="label", classes=2).fit(part, JOB)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_weights_whose_sum_is_not_positive_are_refused(value: float) -> None:
    part = rows(changed(toy(10), weight=np.full(10, value, np.float32)))
    with pytest.raises(BadValues, match=r"sum of weights 'weight' of the training part is .*it must be positive"):
        Weighting("weight").fit(part, JOB)


def test_the_change_of_shape_is_told(caplog: pytest.LogCaptureFixture) -> None:
    ledger = Ledger()
    with caplog.at_level(logging.INFO, "hepdl.Fit"):
        Weighting("weight", "drop", target="label").fit(rows(with_negative()), replace(JOB, ledger=ledger))
    assert ledger.notes[0].startswith("Fit: negative weights: ") and "effective events" in ledger.notes[0]
    assert "policy 'drop'; sum of weights of all" in caplog.text and "of label 1" in caplog.text
    assert "effective events" in caplog.text
