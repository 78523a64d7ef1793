from __future__ import annotations

import torch
from torch import nn

from hepdl.learning.average import Average


def test_without_fraction_the_module_stays() -> None:
    module = nn.Linear(2, 1)
    average = Average(module)
    average.update(0.99)
    assert average.current is module


def test_the_mean_over_the_last_part() -> None:
    module = nn.Linear(1, 1, bias=False)
    average = Average(module, fraction=0.5)
    for step in range(10):
        nn.init.constant_(module.weight, step)
        average.update(step / 10)
    assert average.current.weight.item() == 7  # of 5, 6, 7, 8, 9
    average.settle()
    assert module.weight.item() == 7


def test_buffers_follow() -> None:
    module = nn.BatchNorm1d(1)
    average = Average(module, fraction=1)
    for step in range(4):
        module(torch.full((3, 1), float(step)))
        average.update(step / 4)
    assert int(average.current.num_batches_tracked) == 4
    assert 0 < average.current.running_mean.item() < module.running_mean.item()


def test_its_state_can_be_saved() -> None:
    module = nn.Linear(2, 1)
    average, other = Average(module, 1.0), Average(nn.Linear(2, 1), 1.0)
    average.update(0.5)
    other.load_state_dict(average.state_dict())
    assert torch.equal(other.current.weight, module.weight)
