"""Weighted sums and quantiles of features, in double precision: what normalizers learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from hepdl.events import Events, Jagged
from hepdl_prepare.scaling import features

if TYPE_CHECKING:
    from hepdl.data.rows import Rows

BLOCK = 1 << 15
"""Events that are summed up at once."""


class Sums:
    """Weighted sums and quantiles of the features of some events (or of their particles)."""

    def __init__(self, rows: Rows, columns: Sequence[str], weighted: bool) -> None:
        self._rows, self._columns, self._weighted = rows, columns, weighted
        self._names = list(dict.fromkeys([*columns, *(["weight"] if weighted else [])]))

    def of(self, value: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """The sum ``[F]`` of weight times a function of the features ``[n, F]`` over all events."""
        return torch.stack([(weight * value(x)).sum(0) for x, weight in self._blocks()]).sum(0)

    def of_weights(self) -> torch.Tensor:
        """The sum of weights, once for each feature ``[F]``."""
        return self.of(torch.ones_like)

    def moments(self, of: Callable[[torch.Tensor], torch.Tensor] = lambda x: x) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and variance ``[F]`` of a function of the features."""
        weight = self.of_weights()
        mean = self.of(of) / weight
        return mean, self.of(lambda x: (of(x) - mean) ** 2) / weight

    def count(self) -> int:
        """The number of events, or of particles."""
        return sum(len(x) for x, _ in self._blocks())

    def extremes(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Least and greatest value of each feature, ``[F]`` each."""
        lows, highs = zip(*(torch.aminmax(x, dim=0) for x, _ in self._blocks() if len(x)), strict=True)
        return torch.stack(lows).amin(0), torch.stack(highs).amax(0)

    def quantiles(self, levels: torch.Tensor) -> torch.Tensor:
        """``[F, K]`` at the ascending levels ``[K]`` between 0 and 1; holds all features in memory at once."""
        x, weight = self._numbers(self._rows.everything(self._names))
        return torch.stack([quantiles(column, weight[:, 0], levels.to(x)) for column in x.unbind(1)])

    def _blocks(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The features ``[n, F]`` and the weights ``[n, 1]`` of some events at a time, or of their particles."""
        for events in self._rows.batches(self._names, BLOCK):
            yield self._numbers(events)

    def _numbers(self, events: Events) -> tuple[torch.Tensor, torch.Tensor]:
        columns = [events[name] for name in self._columns]
        x = features(columns, torch.float64)
        if not self._weighted:
            return x, torch.ones_like(x[:, :1])
        weight = events["weight"].to(x)[:, None]
        return x, weight[columns[0].event_index()] if isinstance(columns[0], Jagged) else weight


def quantiles(x: torch.Tensor, weight: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """Quantiles ``[K]`` of numbers ``[n]`` with weights ``[n]``; with equal weights those of Hazen (1914).

    A number stands in the middle of its weight; between two the quantile is linear, beyond the outer ones constant.
    Level 0 is the least number, 1 the greatest. Where negative weights let the sum of weights fall, it waits.
    """
    x, order = x.sort()
    weight = weight[order]
    level = ((weight.cumsum(0) - weight / 2) / weight.sum()).cummax(0).values
    upper = torch.searchsorted(level, levels).clamp(1, max(len(x) - 1, 1)).clamp(max=len(x) - 1)
    lower = (upper - 1).clamp(min=0)
    width = level[upper] - level[lower]
    share = torch.where(width > 0, (levels - level[lower]) / torch.where(width > 0, width, 1), 0).clamp(0, 1)
    inside = x[lower] + share * (x[upper] - x[lower])
    return torch.where(levels <= 0, x[0], torch.where(levels >= 1, x[-1], inside))
