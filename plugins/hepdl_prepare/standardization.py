"""Mean and width on the device: the torch module of :class:`hepdl_prepare.standardize.Standardize`, and its sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl_prepare.side_by_side import side_by_side

if TYPE_CHECKING:
    from hepdl.data.rows import Rows

BLOCK = 1 << 15
"""Events that are summed up at once."""


class Standardization(nn.Module):
    """``(x - mean) / width`` with the buffers ``mean`` and ``width``, both ``[F]``."""

    mean: torch.Tensor
    width: torch.Tensor

    def __init__(self, features: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features, dtype=dtype))
        self.register_buffer("width", torch.ones(features, dtype=dtype))

    def forward(self, *columns: torch.Tensor | Jagged) -> torch.Tensor | Jagged:
        """Columns ``[N]`` or ``[N, F]`` → the standardized group ``[N, F]`` float32; a list → such a list."""
        group = ((features(columns, self.mean.dtype) - self.mean) / self.width).float()
        return columns[0].with_values(group) if isinstance(columns[0], Jagged) else group

    def inverse(self, group: torch.Tensor) -> torch.Tensor:
        """The standardized group ``[N, F]`` → the columns side by side ``[N, F]`` in their own units."""
        return group * self.width + self.mean


def features(columns: Sequence[torch.Tensor | Jagged], dtype: torch.dtype) -> torch.Tensor:
    """The features of each event ``[N, F]``, or of each particle ``[n, F]`` of a list."""
    return side_by_side([column.values if isinstance(column, Jagged) else column for column in columns], dtype)


class Sums:
    """Weighted sums of the features of some events (or of their particles), in double precision."""

    def __init__(self, rows: Rows, columns: Sequence[str], weighted: bool) -> None:
        self._rows, self._columns, self._weighted = rows, columns, weighted

    def of(self, value: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """The sum ``[F]`` of weight times a function of the features ``[n, F]`` over all events."""
        return torch.stack([(weight * value(x)).sum(0) for x, weight in self._blocks()]).sum(0)

    def of_weights(self) -> torch.Tensor:
        """The sum of weights, once for each feature ``[F]``."""
        return self.of(torch.ones_like)

    def count(self) -> int:
        """The number of events, or of particles."""
        return sum(len(x) for x, _ in self._blocks())

    def extremes(self) -> tuple[list[float], list[float]]:
        """Least and greatest value of each feature."""
        lows, highs = zip(*(torch.aminmax(x, dim=0) for x, _ in self._blocks() if len(x)), strict=True)
        return torch.stack(lows).amin(0).tolist(), torch.stack(highs).amax(0).tolist()

    def _blocks(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The features ``[n, F]`` and the weights ``[n, 1]`` of some events at a time, or of their particles."""
        names = list(dict.fromkeys([*self._columns, *(["weight"] if self._weighted else [])]))
        for events in self._rows.batches(names, BLOCK):
            columns = [events[name] for name in self._columns]
            x = features(columns, torch.float64)
            if not self._weighted:
                yield x, torch.ones_like(x[:, :1])
                continue
            weight = events["weight"].to(x)[:, None]
            yield x, weight[columns[0].event_index()] if isinstance(columns[0], Jagged) else weight
