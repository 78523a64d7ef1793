"""Sums over the particles of each event."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional


def segment_sum(values: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """``[N, W]``: the sum of the rows ``offsets[i]`` to ``offsets[i + 1]`` of ``[n, W]``; 0 where there are none.

    Each sum is added up in one order, so that it has the same bits on every call; no atomic additions.
    """
    result: torch.Tensor = _SegmentSum.apply(values, offsets)  # type: ignore[no-untyped-call]
    return result


class _SegmentSum(torch.autograd.Function):
    """The sum of an embedding bag; its own gradient is a search of rows, the one here is a copy of them."""

    @staticmethod
    def forward(values: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        if values.shape[0] == 0:
            return values.new_zeros(offsets.shape[0] - 1, values.shape[1])
        rows = torch.arange(values.shape[0], device=values.device)
        return functional.embedding_bag(rows, values, offsets, mode="sum", include_last_offset=True)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, torch.Tensor], _: torch.Tensor) -> None:
        values, offsets = inputs
        ctx.save_for_backward(offsets)
        ctx.particles = values.shape[0]

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        (offsets,) = ctx.saved_tensors
        lengths = offsets[1:] - offsets[:-1]
        return torch.repeat_interleave(gradients[0], lengths, 0, output_size=ctx.particles), None
