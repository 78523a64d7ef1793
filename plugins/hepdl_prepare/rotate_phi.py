"""RotatePhi: augmentation by a turn around the beam."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hepdl.events import Column, Events, Jagged
from hepdl_prepare.variant import Variant, values_of, with_values

if TYPE_CHECKING:
    from hepdl.noise import Noise


class RotatePhi(Variant):
    """In training, adds a random angle to all azimuths of an event, the same for its jets, particles and missing
    momentum: ``RotatePhi(["jet_phi", "part_phi"])`` makes ``jet_phi_varied`` and ``part_phi_varied``, in radian from
    -π to π.
    """

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        """The turned azimuths."""
        angle = noise.uniform().double() * (2 * math.pi)
        made = {}
        for name, copy in self.made().items():
            column = events[name]
            phi = values_of(column)
            turned = phi.double() + (angle[column.event_index()] if isinstance(column, Jagged) else angle)
            made[copy] = with_values(column, ((turned + math.pi).remainder(2 * math.pi) - math.pi).to(phi.dtype))
        return made
