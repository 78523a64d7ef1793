from __future__ import annotations

import pytest
import torch
from hepdl_training.optimizers import LBFGS, SGD, Adam
from hepdl_training.schedules import Constant, Stairs
from torch import nn

from hepdl.learning.descent import Descent


def test_a_step_follows_the_gradient() -> None:
    x = nn.Parameter(torch.tensor(3.0))
    descent = Descent([x], SGD(rate=0.1), Constant())
    value = descent.follow(lambda: x**2)
    assert float(value) == 9 and x.item() == pytest.approx(2.4)


def test_the_rate_is_schedule_times_decay() -> None:
    descent = Descent([nn.Parameter(torch.ones(1))], SGD(rate=0.1, decay=1.0), Stairs(at=[0.5], by=0.1))
    descent.adjust(step=5, steps=10, epoch=2)
    assert descent.torch.param_groups[0]["lr"] == pytest.approx(0.1 * 0.1 / 4)


def test_other_networks_get_no_gradient() -> None:
    mine, other = nn.Linear(2, 2), nn.Linear(2, 1)
    Descent(mine.parameters(), Adam(), Constant()).follow(lambda: other(mine(torch.ones(4, 2))).mean())
    assert all(parameter.grad is None for parameter in other.parameters())


def test_gradients_are_clipped() -> None:
    x = nn.Parameter(torch.tensor(100.0))
    Descent([x], SGD(rate=1.0), Constant(), clip=0.5).follow(lambda: x**2)
    assert x.item() == pytest.approx(99.5)


def test_lbfgs_finds_the_minimum_of_a_parabola() -> None:
    x = nn.Parameter(torch.tensor([3.0, -2.0]))
    descent = Descent([x], LBFGS(), Constant())
    for _ in range(3):
        descent.follow(lambda: (x * torch.tensor([1.0, 10.0])).square().sum())
    assert x.detach().abs().max() < 1e-4
