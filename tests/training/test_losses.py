from __future__ import annotations

import math

import pytest
import torch
from hepdl_training.losses import BinaryCrossEntropy, CrossEntropy, KullbackLeibler, MeanAbsoluteError, MeanSquaredError

from hepdl.columns import ColumnType
from hepdl.errors import BadValues, WiringError

NUMBER, PAIR = ColumnType(), ColumnType(shape=(2,))


def test_two_classes_need_one_output() -> None:
    loss = CrossEntropy()
    assert loss.outputs(NUMBER) == 1 and loss.labels == 2
    value = loss.loss(torch.tensor([[0.0], [math.log(3)]]), torch.tensor([1.0, 0.0]))
    assert value.tolist() == pytest.approx([math.log(2), math.log(4)])
    assert loss.activate(torch.zeros(3, 1)).tolist() == [0.5] * 3


def test_many_classes() -> None:
    loss = CrossEntropy(classes=4)
    assert loss.outputs(NUMBER) == 4
    assert loss.loss(torch.zeros(1, 4), torch.tensor([3.0])).tolist() == pytest.approx([math.log(4)])
    assert loss.activate(torch.zeros(2, 4)).shape == (2, 4)


@pytest.mark.parametrize("strange", [2.0, -1.0, 0.5])
def test_labels_outside_the_classes(strange: float) -> None:
    target = torch.tensor([0.0, 1.0, strange, strange])
    with pytest.raises(BadValues, match=rf"target column 'label' holds {strange:g} \(2 times\), but the 2 classes are"):
        CrossEntropy().check(target, "label")


def test_one_class_only() -> None:
    with pytest.raises(BadValues, match=r"'label' has no event of class 0 \(there is: 1\); a classifier needs all"):
        CrossEntropy().check(torch.ones(5), "label")


def test_distances() -> None:
    prediction = torch.tensor([[1.0], [3.0]])
    assert MeanSquaredError().loss(prediction, torch.tensor([0.0, 1.0])).tolist() == [1, 4]
    assert MeanAbsoluteError().loss(prediction, torch.tensor([0.0, 1.0])).tolist() == [1, 2]
    for loss in (MeanSquaredError(), MeanAbsoluteError()):
        assert loss.outputs(NUMBER) == 1 and loss.outputs(PAIR) == 2 and loss.labels == 0
        assert loss.activate(prediction).tolist() == [1, 3]
        assert loss.loss(torch.zeros(4, 2), torch.zeros(4, 2)).shape == (4,)


def test_relative_entropy() -> None:
    loss = KullbackLeibler()
    assert loss.outputs(PAIR) == 2
    value = loss.loss(torch.zeros(2, 2), torch.tensor([[0.5, 0.5], [1.0, 0.0]]))
    assert value.tolist() == pytest.approx([0, math.log(2)])
    assert loss.activate(torch.zeros(1, 2)).tolist() == [[0.5, 0.5]]


def test_several_questions_at_once() -> None:
    loss = BinaryCrossEntropy()
    assert loss.outputs(PAIR) == 2 and loss.labels == 0
    value = loss.loss(torch.tensor([[0.0, math.log(3)]]), torch.tensor([[1.0, 0.0]]))
    assert value.tolist() == pytest.approx([(math.log(2) + math.log(4)) / 2])
    assert loss.activate(torch.zeros(3, 2)).tolist() == [[0.5, 0.5]] * 3
    with pytest.raises(BadValues, match="2 values of target column 'flags' are neither 0 nor 1"):
        loss.check(torch.tensor([[0.0, 2.0], [1.0, 0.5]]), "flags")


def test_targets_that_do_not_fit() -> None:
    with pytest.raises(WiringError, match=r"KullbackLeibler: its target must be a distribution \[N, F\], not float32"):
        KullbackLeibler().outputs(NUMBER)
    with pytest.raises(WiringError, match=r"must be a class label, not float32\[2\]; see KullbackLeibler"):
        CrossEntropy().outputs(PAIR)
    with pytest.raises(BadValues, match="1 rows of target column 'share' are no distributions"):
        KullbackLeibler().check(torch.tensor([[0.5, 0.5], [1.0, 1.0]]), "share")
