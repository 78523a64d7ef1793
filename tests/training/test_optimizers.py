from __future__ import annotations

import pytest
import torch
from hepdl_training.optimizers import LBFGS, SGD, Adam, AdamW
from torch import nn

from hepdl.errors import ParameterError


@pytest.mark.parametrize(("part", "kind"), [
    (SGD(rate=0.1, momentum=0.9, nesterov=True), torch.optim.SGD), (Adam(beta1=0.5), torch.optim.Adam),
    (AdamW(), torch.optim.AdamW), (LBFGS(), torch.optim.LBFGS),
])  # fmt: skip
def test_they_build_those_of_torch(part: SGD, kind: type) -> None:
    built = part.build([nn.Parameter(torch.ones(1))])
    assert isinstance(built, kind)
    assert built.param_groups[0]["lr"] == part.rate


def test_parameters_arrive() -> None:
    group = Adam(rate=0.2, beta1=0.5, beta2=0.9, weight_decay=0.1).build([nn.Parameter(torch.ones(1))]).param_groups[0]
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.2, (0.5, 0.9), 0.1)
    group = SGD(momentum=0.9, nesterov=True).build([nn.Parameter(torch.ones(1))]).param_groups[0]
    assert group["momentum"] == 0.9 and group["nesterov"]


def test_decay() -> None:
    assert SGD(decay=0.5).decay_factor(0) == 1
    assert SGD(decay=0.5).decay_factor(2) == pytest.approx(1 / 1.5**2)


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match="nesterov needs a momentum above 0"):
        SGD(nesterov=True)
    with pytest.raises(ParameterError, match=r"Adam.rate: should be greater than 0 \(got 0.0\)"):
        Adam(rate=0.0)
    with pytest.raises(ParameterError, match=r"Adam.lr: unknown parameter.*rate"):
        Adam(lr=0.1)
