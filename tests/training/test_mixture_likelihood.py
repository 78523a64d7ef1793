"""The likelihood of a sum of Gaussians."""

from __future__ import annotations

import pytest
import torch
from hepdl_training.mixture_likelihood import MixtureLikelihood
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from hepdl.columns import ColumnType


@pytest.mark.parametrize("members", [1, 3])
def test_the_loss_is_that_of_the_density(members: int) -> None:
    loss = MixtureLikelihood(components=4)
    raw, target = torch.randn(7, loss.outputs(ColumnType(shape=(members,)))), torch.randn(7, members)
    log_share, mean, log_width = loss._split(raw)
    density = MixtureSameFamily(Categorical(logits=log_share), Independent(Normal(mean, log_width.exp()), 1))
    assert torch.allclose(loss.loss(raw, target), -density.log_prob(target), atol=1e-5)
    assert torch.allclose(loss.activate(raw).reshape(7, members), density.mean, atol=1e-5)


def test_a_width_has_a_bound() -> None:
    raw = torch.tensor([[0.0, 0.0, -1e6]])
    assert float(MixtureLikelihood(components=1, min_log_width=-3.0).loss(raw, torch.tensor([-1.0]))) == pytest.approx(
        -3 + 0.919, abs=1e-3
    )
