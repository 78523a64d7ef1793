"""Smear: augmentation by a worse resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.description import parameter
from hepdl.events import Column, Events, Jagged
from hepdl_prepare.variant import Variant, values_of, with_values

if TYPE_CHECKING:
    from hepdl.noise import Noise


class Smear(Variant):
    """In training, multiplies columns by a random factor, one for each particle of lists and one for each event of
    flat columns: ``Smear(["part_pt", "part_energy"], width=0.05)`` keeps directions. The factor exp(σ g - σ²/2), with
    a normal g and σ = ``width``, is positive and 1 in the mean.
    """

    width: float = parameter(0.05, gt=0)
    """Relative width σ."""

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        """The smeared columns; lists share the factors of their particles, flat columns that of their event."""
        columns = self.together(events)
        lists = [column for column in columns.values() if isinstance(column, Jagged)]
        whole = self._factors(noise.normal())
        each = self._factors(noise.normal(particles=lists[0])) if lists else whole
        return {copy: self._times(column, each if isinstance(column, Jagged) else whole)
                for copy, column in columns.items()}  # fmt: skip

    def _times(self, column: Column, factor: Column) -> Column:
        values = values_of(column)
        return with_values(column, values * factor.to(values.dtype))

    def _factors(self, normal: Column) -> Column:
        return (self.width * normal - self.width**2 / 2).exp()
