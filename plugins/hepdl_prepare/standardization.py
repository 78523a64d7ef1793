"""Mean and width on the device: the torch module of :class:`hepdl_prepare.standardize.Standardize`, and its sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from hepdl_prepare.side_by_side import side_by_side

if TYPE_CHECKING:
    from hepdl.data.rows import Rows

BLOCK = 1 << 18
"""Events that are summed up at once."""


class Standardization(nn.Module):
    """``(x - mean) / width`` with the buffers ``mean`` and ``width``, both ``[F]``."""

    mean: torch.Tensor
    width: torch.Tensor

    def __init__(self, features: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features, dtype=dtype))
        self.register_buffer("width", torch.ones(features, dtype=dtype))

    def forward(self, *columns: torch.Tensor) -> torch.Tensor:
        """Columns ``[N]`` or ``[N, F]`` → the standardized group ``[N, F]`` float32."""
        return ((side_by_side(columns, self.mean.dtype) - self.mean) / self.width).float()

    def inverse(self, group: torch.Tensor) -> torch.Tensor:
        """The standardized group ``[N, F]`` → the columns side by side ``[N, F]`` in their own units."""
        return group * self.width + self.mean


class Sums:
    """Weighted sums of the features of some events, in double precision."""

    def __init__(self, rows: Rows, columns: Sequence[str], weighted: bool) -> None:
        self._rows, self._columns, self._weighted = rows, columns, weighted

    def of(self, value: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """The sum ``[F]`` of weight times a function of the features ``[n, F]`` over all events."""
        return torch.stack([(weight * value(x)).sum(0) for x, weight in self._blocks()]).sum(0)

    def of_weights(self) -> torch.Tensor:
        """The sum of weights, once for each feature ``[F]``."""
        return self.of(torch.ones_like)

    def extremes(self) -> tuple[list[float], list[float]]:
        """Least and greatest value of each feature."""
        lows, highs = zip(*(torch.aminmax(x, dim=0) for x, _ in self._blocks()), strict=True)
        return torch.stack(lows).amin(0).tolist(), torch.stack(highs).amax(0).tolist()

    def _blocks(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The features ``[n, F]`` and the weights ``[n, 1]`` of some events at a time."""
        names = list(dict.fromkeys([*self._columns, *(["weight"] if self._weighted else [])]))
        for events in self._rows.batches(names, BLOCK):
            features = side_by_side([events[name] for name in self._columns], torch.float64)
            weight = events["weight"].to(features)[:, None] if self._weighted else torch.ones_like(features[:, :1])
            yield features, weight
