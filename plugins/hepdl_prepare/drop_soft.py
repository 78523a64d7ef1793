"""DropSoft: augmentation by particles that are not found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, parameter
from hepdl.events import Column, Events, Jagged
from hepdl_prepare.variant import Variant

if TYPE_CHECKING:
    from hepdl.noise import Noise


class DropSoft(Variant):
    """In training, leaves out particles below a pT with some probability: ``DropSoft(["part_pt", "part_eta"],
    pt="part_pt", below=1.0, probability=0.2)``. All lists that are used together must be named.
    """

    synchronises: ClassVar[str] = "how many particles stay is known on the device alone"

    pt: Input
    """Transverse momentum of the particles, jagged."""
    below: float = parameter(1.0, gt=0, unit="GeV")
    """Particles of at least this pT stay."""
    probability: float = parameter(0.2, gt=0, le=1)
    """With which a softer one is left out."""

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The shorter lists; raises ``WiringError`` for columns that are no lists."""
        self.need_list(self.pt, columns.need(self.pt, self.label))
        return super().declare(columns)

    def accept(self, name: str, kind: ColumnType) -> None:
        """Lists alone, of numbers or of groups of numbers."""
        self.need_list(name, ColumnType(kind.dtype, jagged=kind.jagged))

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        """The lists without the particles that are left out."""
        import torch

        pt: Jagged = events[self.pt]
        stays = (pt.values >= self.below) | (noise.uniform(particles=pt) >= self.probability)
        before = torch.cat([pt.offsets.new_zeros(1), stays.cumsum(0)])
        offsets, places = before[pt.offsets], stays.nonzero()[:, 0]
        columns = self.together(events, self.pt)
        return {copy: Jagged(column.values[places], offsets) for copy, column in columns.items()}
