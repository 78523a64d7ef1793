"""Torch modules that scale features, and give them back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl_prepare.side_by_side import side_by_side

TAIL = 1e-7
"""Probability beyond which normal quantiles are cut: 5.2 standard deviations."""


class Scaling(nn.Module):
    """A function of each feature alone, with an inverse; ``clip`` bounds what comes out, by two numbers or none."""

    def __init__(self, double: bool, clip: Sequence[float] = ()) -> None:
        super().__init__()
        self.dtype, self.clip = torch.float64 if double else torch.float32, clip

    def forward(self, *columns: torch.Tensor | Jagged) -> torch.Tensor | Jagged:
        """Columns ``[N]`` or ``[N, F]`` → the scaled group ``[N, F]`` float32; a list → such a list."""
        group = self.scale(features(columns, self.dtype)).float()
        if self.clip:
            group = group.clamp(*self.clip)
        return columns[0].with_values(group) if isinstance(columns[0], Jagged) else group

    def inverse(self, group: torch.Tensor) -> torch.Tensor:
        """The scaled group ``[N, F]`` → the columns side by side ``[N, F]`` in their own units."""
        raise NotImplementedError

    def scale(self, x: torch.Tensor) -> torch.Tensor:
        """Features ``[n, F]`` → ``[n, F]``, before bounds."""
        raise NotImplementedError


class Affine(Scaling):
    """``(x - mean) / width`` with the buffers ``mean`` and ``width``, both ``[F]``."""

    mean: torch.Tensor
    width: torch.Tensor

    def __init__(self, count: int, double: bool, clip: Sequence[float] = ()) -> None:
        super().__init__(double, clip)
        self.register_buffer("mean", torch.zeros(count, dtype=self.dtype))
        self.register_buffer("width", torch.ones(count, dtype=self.dtype))

    def scale(self, x: torch.Tensor) -> torch.Tensor:
        """Shifted and divided."""
        return (x - self.mean) / self.width

    def inverse(self, group: torch.Tensor) -> torch.Tensor:
        """Multiplied and shifted back."""
        return group * self.width + self.mean


class Logarithmic(Affine):
    """As :class:`Affine`, of the logarithm: sign(x) ln(1 + |x| / unit), or ln(x / unit) of x ≥ ``floor``."""

    floor: torch.Tensor

    def __init__(self, count: int, double: bool, clip: Sequence[float], unit: float, signed: bool) -> None:
        super().__init__(count, double, clip)
        self.unit, self.signed = unit, signed
        self.register_buffer("floor", torch.ones(count, dtype=self.dtype))

    def logarithm(self, x: torch.Tensor) -> torch.Tensor:
        """Of features ``[n, F]``."""
        if self.signed:
            return x.sign() * torch.log1p(x.abs() / self.unit)
        return torch.log(torch.maximum(x, self.floor.to(x)) / self.unit)

    def scale(self, x: torch.Tensor) -> torch.Tensor:
        """The logarithm, shifted and divided."""
        return super().scale(self.logarithm(x))

    def inverse(self, group: torch.Tensor) -> torch.Tensor:
        """The way back."""
        logarithm = super().inverse(group)
        if self.signed:
            return logarithm.sign() * torch.expm1(logarithm.abs()) * self.unit
        return logarithm.exp() * self.unit


class Quantiles(Scaling):
    """The place of x among the quantiles of each feature, ``knots`` ``[F, K]`` at equal steps of probability: a
    number from 0 to 1, or the quantile of a normal distribution of mean 0 and width 1.

    A value that several quantiles have in common gets the middle of their probabilities; with ``ends`` the least and
    the greatest value are 0 and 1 nevertheless, as scikit-learn has it.
    """

    knots: torch.Tensor

    def __init__(
        self, count: int, number: int, double: bool, clip: Sequence[float] = (), normal: bool = False,
        ends: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(double, clip)
        self.normal, self.ends = normal, ends
        self.register_buffer("knots", torch.linspace(0, 1, number, dtype=self.dtype).repeat(count, 1))

    def scale(self, x: torch.Tensor) -> torch.Tensor:
        """The probabilities, or the normal quantiles."""
        columns = x.T.contiguous()
        level = (self._level(columns, right=False) + self._level(columns, right=True)).T / 2
        if self.ends:
            level = torch.where(x <= self.knots[:, 0], 0, torch.where(x >= self.knots[:, -1], 1, level))
        return torch.special.ndtri(level.clamp(TAIL, 1 - TAIL)) if self.normal else level

    def inverse(self, group: torch.Tensor) -> torch.Tensor:
        """Linear between the quantiles; outer values come back as the outermost quantile."""
        level = torch.special.ndtr(group.to(self.knots)) if self.normal else group.to(self.knots)
        last = self.knots.shape[1] - 1
        place = level.T.contiguous().clamp(0, 1) * last
        lower = place.floor().clamp(max=last - 1).long()
        start, end = self.knots.gather(1, lower), self.knots.gather(1, lower + 1)
        return (start + (place - lower) * (end - start)).T

    def _level(self, x: torch.Tensor, right: bool) -> torch.Tensor:
        """``[F, n]`` from ``[F, n]``, a tie being at its right end or at its left one."""
        last = self.knots.shape[1] - 1
        upper = torch.searchsorted(self.knots, x, right=right).clamp(1, last)
        start, end = self.knots.gather(1, upper - 1), self.knots.gather(1, upper)
        width = end - start
        at_end = x >= end if right else x > end
        share = torch.where(width > 0, (x - start) / torch.where(width > 0, width, 1), at_end.to(x))
        return (upper - 1 + share.clamp(0, 1)) / last


def features(columns: Sequence[torch.Tensor | Jagged], dtype: torch.dtype) -> torch.Tensor:
    """The features of each event ``[N, F]``, or of each particle ``[n, F]`` of a list."""
    return side_by_side([column.values if isinstance(column, Jagged) else column for column in columns], dtype)
