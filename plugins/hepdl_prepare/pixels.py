"""Constituents into pixels on the device: the torch module of :class:`hepdl_prepare.jet_image.JetImage`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from hepdl.events import Jagged

if TYPE_CHECKING:
    from hepdl_prepare.jet_image import JetImage

NUDGE = 1e-6
"""Share of a pixel by which edges are moved, so that constituents on an axis of the jet fall on one side of it."""
ON_AXIS = 1e-9
"""Distance up to which a constituent is on an axis of the jet and on neither side."""


class Pixels(nn.Module):
    """Moves, turns and mirrors the constituents of each jet, then adds them up in pixels; geometry is float64."""

    def __init__(self, description: JetImage) -> None:
        super().__init__()
        self.description = description

    def forward(
        self, pt: Jagged, eta: torch.Tensor, phi: torch.Tensor, axis: Sequence[torch.Tensor],
        factors: Sequence[torch.Tensor],
    ) -> torch.Tensor:  # fmt: skip
        """Lists of n constituents, their ``[n]`` positions, the jets' ``[N]`` positions or none, ``[n]`` factors a
        channel or none → ``[N, C, H, W]``."""
        jets = Jets(pt)
        x, y = self._centred(jets, eta.double(), phi.double(), axis)
        x, y = self._turned(jets, x, y)
        if self.description.flip:
            x = x * jets.each(jets.heavier(x))
        return self._normalised(self._filled(jets, pt.values, x, y, factors))

    def _centred(
        self, jets: Jets, eta: torch.Tensor, phi: torch.Tensor, axis: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if axis:
            eta0, phi0 = (column.double() for column in axis)
        elif self.description.centre == "hardest":
            eta0, phi0 = jets.at_largest(jets.pt, eta), jets.at_largest(jets.pt, phi)
        else:
            eta0 = jets.mean(eta)
            phi0 = torch.atan2(jets.sum(jets.pt * phi.sin()), jets.sum(jets.pt * phi.cos()))
        x, y = eta - jets.each(eta0), phi - jets.each(phi0)
        return x, torch.remainder(y + math.pi, 2 * math.pi) - math.pi

    def _turned(self, jets: Jets, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.description.rotate == "none":
            return x, y
        if self.description.rotate == "second":
            reach = jets.pt * torch.hypot(x, y)
            up_x, up_y = -jets.at_largest(reach, x), -jets.at_largest(reach, y)
            length = torch.hypot(up_x, up_y)
            up_x, up_y = torch.where(length > 0, torch.stack([up_x, up_y]) / length, _upwards(length))
        else:
            angle = 0.5 * torch.atan2(2 * jets.sum(jets.pt * x * y), jets.sum(jets.pt * (x * x - y * y)))
            up_x, up_y = angle.cos(), angle.sin()
        up_x, up_y = jets.each(up_x), jets.each(up_y)
        x, y = x * up_y - y * up_x, x * up_x + y * up_y
        if self.description.rotate == "principal":  # half a turn
            side = jets.each(jets.heavier(y))
            return x * side, y * side
        return x, y

    def _filled(
        self, jets: Jets, pt: torch.Tensor, x: torch.Tensor, y: torch.Tensor, factors: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        n = self.description.pixels
        column, row = self._cell(x), self._cell(y)
        inside = (column == column.clamp(0, n - 1)) & (row == row.clamp(0, n - 1))
        pt = pt.float() * inside if self.description.outside == "drop" else pt.float()
        cell = (jets.event * n + row.clamp(0, n - 1)) * n + column.clamp(0, n - 1)
        empty = pt.new_zeros(jets.number * n * n)
        images = [empty.index_add(0, cell, value) for value in ([pt * f.float() for f in factors] or [pt])]
        return torch.stack([image.view(jets.number, n, n) for image in images], 1)

    def _cell(self, position: torch.Tensor) -> torch.Tensor:
        pixels = self.description.pixels
        return torch.floor(position * (pixels / self.description.width) + pixels / 2 + NUDGE).long()

    def _normalised(self, image: torch.Tensor) -> torch.Tensor:
        if self.description.normalise == "none":
            return image
        flat = image.flatten(1)
        total = flat.sum(1) if self.description.normalise == "sum" else flat.square().sum(1).sqrt()
        return image / torch.where(total == 0, 1, total)[:, None, None, None]


class Jets:
    """Sums over the constituents of each jet, and back: all without the host waiting for the device."""

    def __init__(self, pt: Jagged) -> None:
        self.event, self.number, self.pt = pt.event_index(), len(pt), pt.values.double()

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """``[n]`` → ``[N]``."""
        return values.new_zeros(self.number).index_add(0, self.event, values)

    def each(self, values: torch.Tensor) -> torch.Tensor:
        """``[N]`` → ``[n]``."""
        return values[self.event]

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Mean weighted with pT, ``[n]`` → ``[N]``."""
        total = self.sum(self.pt)
        return self.sum(self.pt * values) / torch.where(total == 0, 1, total)

    def heavier(self, position: torch.Tensor) -> torch.Tensor:
        """1 where positive positions ``[n]`` have the larger sum of pT, -1 where the negative ones have it, ``[N]``."""
        side = (position > ON_AXIS).double() - (position < -ON_AXIS).double()
        return torch.where(self.sum(self.pt * side) < 0, -1.0, 1.0).double()

    def at_largest(self, key: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """The value of the constituent with the largest key (the first of equals), ``[n]`` → ``[N]``."""
        largest = key.new_full((self.number,), -math.inf).scatter_reduce(0, self.event, key, "amax")
        places = torch.arange(len(key), device=key.device)
        last = len(key) - 1
        mine = torch.where(key == self.each(largest), places, len(key))
        first = mine.new_full((self.number,), len(key)).scatter_reduce(0, self.event, mine, "amin")
        return torch.where(first <= last, values[first.clamp(max=last)], 0) if last >= 0 else self.sum(values)


def _upwards(length: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.zeros_like(length), torch.ones_like(length)])
