from __future__ import annotations

import pytest
import torch
from hepdl_networks.categorical import Categorical

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues

COLUMNS = Columns(score=ColumnType())


def prepared() -> torch.nn.Module:
    module = Categorical(inputs=["score"], classes=2).build(COLUMNS)
    module.prepare(torch.tensor([50.0, 0.0, 0.0, 7.0]), torch.tensor([1.0, 1.0, 1.0, 0.0]))
    return module


def test_probabilities_sum_to_one() -> None:
    module, score = prepared(), torch.rand(3)
    assert module.values.tolist() == [0, 50]
    total = sum(module.log_prob(torch.full((3,), value), score).exp() for value in (0.0, 50.0))
    assert torch.allclose(total, torch.ones(3))


def test_integers_are_fine() -> None:
    assert prepared().log_prob(torch.tensor([0, 50]), torch.rand(2)).shape == (2,)


def test_mistakes() -> None:
    module = prepared()
    with pytest.raises(BadValues, match=r"1 targets are none of \[0.0, 50.0\], for example 7"):
        module.check(torch.tensor([0.0, 7.0]))
    with pytest.raises(BadValues, match=r"its target has 3 distinct values \(0, 1, 2\), but classes=2; for a conti"):
        module.prepare(torch.arange(3.0), torch.ones(3))
