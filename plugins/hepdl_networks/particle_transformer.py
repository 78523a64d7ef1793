"""ParticleTransformer: attention among the particles of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import Inputs, parameter
from hepdl_networks.choices import ActivationName
from hepdl_networks.particle_network import ParticleNetwork, need_numbers

if TYPE_CHECKING:
    from torch import nn


class ParticleTransformer(ParticleNetwork):
    """A transformer whose attention knows the pairs of particles, and a class token that collects them: Particle
    Transformer, ParT (arXiv:2202.03772), at its published size by default.

    Each pair adds to the attention between its particles what dense layers make of ln ΔR, ln kT, ln z and ln m².
    Without ``momenta`` it is a plain transformer. It takes lists of any length and cuts none. An answer for each
    particle needs no token, so there is none then.
    """

    momenta: Inputs = []
    """Jagged columns with the momentum of each particle: four, or one of four numbers; none: a plain transformer."""
    components: Literal["cartesian", "polar"] = "cartesian"
    """What ``momenta`` are: px, py, pz and energy, or pT, η, φ and mass."""
    embed: list[int] = [128, 512]
    """Width of each dense layer of a particle before the first block, but for the last one."""
    width: int = parameter(128, ge=1)
    """Features of a particle in the blocks."""
    heads: int = parameter(8, ge=1)
    """Attentions side by side."""
    blocks: int = parameter(8, ge=1)
    """Blocks of attention among particles."""
    collect: Literal["token", "sum", "mean", "max", "attention"] = "token"
    """How the particles of an event are put together: by attention of a class token, or as in other networks."""
    class_blocks: int = parameter(2, ge=1)
    """Blocks of attention of the class token."""
    pair_embed: list[int] = [64, 64, 64]
    """Width of each hidden dense layer of a pair."""
    expansion: int = parameter(4, ge=1)
    """Width of the hidden layer of a block, as a multiple of ``width``."""
    head: list[int] = []
    """Width of each hidden dense layer."""
    activation: ActivationName = "gelu"
    """Activation of all hidden layers."""
    dropout: float = parameter(0.1, ge=0, lt=1)
    """Probability with which a unit or a weight of attention is switched off in training, but in class blocks."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads, but {self.width} is none of {self.heads}")
        for name in ("embed", "pair_embed"):
            if any(width < 1 for width in getattr(self, name)):
                raise ValueError(f"each dense layer needs at least one unit, {name} is {getattr(self, name)}")
        return self

    @property
    def body_columns(self) -> list[str]:
        """The momenta."""
        return self.momenta

    def collector(self, width: int) -> nn.Module:
        """The class token, or as for all networks on particles."""
        from hepdl_networks.transformer_body import ClassAttention

        return ClassAttention(self) if self.collect == "token" else super().collector(width)

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.transformer_body.TransformerBody`."""
        from hepdl_networks.transformer_body import TransformerBody

        if self.momenta:
            need_numbers(columns, self.momenta, type(self).__name__, "momenta", 4)
        return TransformerBody(self, features, token=self.collect == "token" and not self.per_particle), self.width
