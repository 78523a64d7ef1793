"""Sums over segments are those of a loop, gradients too."""

from __future__ import annotations

import pytest
import torch
from hepdl_networks.segments import segment_sum


def slow(values: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    return torch.stack([values[a:b].sum(0) for a, b in offsets.unfold(0, 2, 1).tolist()])


@pytest.mark.parametrize("lengths", [[3, 0, 1, 7], [0, 0], [0, 5, 0], [1]], ids=str)
def test_as_a_loop(lengths: list[int]) -> None:
    offsets = torch.tensor([0, *lengths]).cumsum(0)
    values = torch.randn(int(offsets[-1]), 3, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(segment_sum(values, offsets), slow(values, offsets))
    assert torch.autograd.gradcheck(lambda v: segment_sum(v, offsets), values)
    assert torch.autograd.gradgradcheck(lambda v: segment_sum(v, offsets) ** 2, values)


def test_no_events() -> None:
    assert segment_sum(torch.zeros(0, 4), torch.zeros(1, dtype=torch.int64)).shape == (0, 4)


def test_many_small_numbers_in_half_precision() -> None:
    values = torch.full((1000, 2), 0.125, dtype=torch.bfloat16)
    assert segment_sum(values, torch.tensor([0, 1000])).tolist() == [[125.0, 125.0]]
