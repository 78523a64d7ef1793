"""RotateJet: augmentation by a turn around the axis of the jet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.columns import ColumnType
from hepdl.events import Column, Events
from hepdl_prepare.variant import Variant, values_of, with_values

if TYPE_CHECKING:
    from hepdl.noise import Noise


class RotateJet(Variant):
    """In training, turns the particles of each jet by a random angle around its axis, and mirrors every second jet:
    ``RotateJet(["part_deta", "part_dphi"])`` behind :class:`RelativeTo`. Distances to the axis and between particles,
    and all pT, stay as they are.
    """

    mirror: bool = True
    """Mirror Δη with probability ½ before the turn."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.columns) != 2:
            raise ValueError(f"columns are two, Δη and Δφ to the axis, but they are {self.columns}")
        return self

    def accept(self, name: str, kind: ColumnType) -> None:
        """Only lists with one number a particle can be turned."""
        self.need_list(name, kind)

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        """The turned distances."""
        columns = list(self.together(events).values())
        x, y = (values_of(column).double() for column in columns)
        jet = columns[0].event_index()
        angle, side = noise.uniform().double()[jet] * (2 * math.pi), noise.uniform()[jet]
        x = x * (1 - 2 * ((side < 0.5) * self.mirror).double())
        turned = x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos()
        each = zip(self.made().values(), columns, turned, strict=True)
        return {copy: with_values(column, values.to(column.values.dtype)) for copy, column, values in each}
