"""LorentzNetwork: an answer that does not depend on the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hepdl.columns import Columns
from hepdl.description import Inputs, parameter
from hepdl_networks.particle_network import ParticleNetwork, need_numbers

if TYPE_CHECKING:
    from torch import nn


class LorentzNetwork(ParticleNetwork):
    """Messages between all particles of an event that depend on Minkowski products alone, after LorentzNet
    (arXiv:2201.08187): the answer is the same in every frame, for all boosts and rotations.

    That holds when ``inputs`` are invariants too, such as mass or charge. Products of large momenta lose digits:
    they are worked out in the precision of the columns, so give double ones where there are.
    """

    momenta: Inputs = parameter(min_length=1)
    """Jagged columns with the momentum of each particle: four, or one with four numbers a particle."""
    components: Literal["cartesian", "polar"] = "cartesian"
    """What ``momenta`` are: px, py, pz and energy, or pT, η, φ and mass."""
    width: int = parameter(72, ge=1)
    """Scalars of a particle, and of a message."""
    blocks: int = parameter(6, ge=1)
    """Rounds of messages."""
    head: list[int] = [72]
    """Width of each hidden dense layer."""

    @property
    def body_columns(self) -> list[str]:
        """The momenta."""
        return self.momenta

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.lorentz_body.LorentzBody`."""
        from hepdl_networks.lorentz_body import LorentzBody

        need_numbers(columns, self.momenta, type(self).__name__, "momenta", 4)
        return LorentzBody(features, self.width, self.blocks, self.activation, self.components), self.width
