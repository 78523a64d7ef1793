"""Factors in bins: the torch module of reweighting steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn


class BinFactors(nn.Module):
    """A factor for each class and each bin of some columns; the outer bins have no outer ends.

    Buffers: ``values`` ``[classes]``, ``factors`` ``[classes, bins]``, ``edges_0``, ``edges_1``, ... one a column.
    """

    values: torch.Tensor
    factors: torch.Tensor

    def __init__(self, values: Sequence[float], bins: Sequence[int]) -> None:
        super().__init__()
        self.bins = list(bins)
        self.register_buffer("values", torch.tensor(values, dtype=torch.float64))
        self.register_buffer("factors", torch.ones(len(values), math.prod(bins), dtype=torch.float64))
        for number, count in enumerate(bins):
            self.register_buffer(f"edges_{number}", torch.linspace(0, 1, count + 1, dtype=torch.float64))

    def edges(self, number: int) -> torch.Tensor:
        """Edges of the bins of column ``number``, ascending."""
        return self.get_buffer(f"edges_{number}")

    def forward(self, label: torch.Tensor, *columns: torch.Tensor) -> torch.Tensor:
        """The factor of each event ``[N]``, 1 where it is of no class."""
        member = self._member(label)
        factor = self.factors[member.long().argmax(1), self._cell(label, columns)]
        return torch.where(member.any(1), factor, 1)

    def histograms(
        self, label: torch.Tensor, columns: Sequence[torch.Tensor], weight: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sums of weights, and numbers of events of weight, ``[classes, bins]`` each."""
        member, cell = self._member(label).to(weight), self._cell(label, columns)
        empty = weight.new_zeros(self.factors.shape).T
        sums = empty.index_add(0, cell, member * weight[:, None])
        counts = empty.index_add(0, cell, member * (weight != 0).to(weight)[:, None])
        return sums.T, counts.T

    def place(self, cell: int, names: Sequence[str]) -> str:
        """In words, which bin a number is."""
        words = []
        for number in reversed(range(len(self.bins))):
            cell, place = divmod(cell, self.bins[number])
            low, high = self.edges(number)[place : place + 2].tolist()
            words.append(f"{names[number]} {low:.4g} to {high:.4g}")
        return " and ".join(reversed(words)) or "all"

    def _member(self, label: torch.Tensor) -> torch.Tensor:
        """Which class each event is of, ``[N, classes]``."""
        return label.to(self.values)[:, None] == self.values

    def _cell(self, label: torch.Tensor, columns: Sequence[torch.Tensor]) -> torch.Tensor:
        """Number of each event's bin ``[N]``."""
        cell = torch.zeros_like(label, dtype=torch.int64)
        for number, column in enumerate(columns):
            inner = self.edges(number)[1:-1].contiguous()
            place = torch.bucketize(column.to(inner).contiguous(), inner, right=True)
            cell = cell * self.bins[number] + place
        return cell
