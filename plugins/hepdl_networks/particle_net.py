"""ParticleNet and ParticleNet-Lite: convolutions over the nearest neighbours of each particle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import Input, parameter
from hepdl.errors import WiringError
from hepdl_networks.particle_network import ParticleNetwork

if TYPE_CHECKING:
    from torch import nn


class ParticleNet(ParticleNetwork):
    """Edge convolutions over each particle and its nearest neighbours, first in its coordinates, then in the features
    that the convolution before has learned (arXiv:1902.08570). With 7 features and 2 outputs: 366,160 weights.

    An event with ``k`` particles or fewer has for each particle all the others as neighbours; a particle that is alone
    has none, and an event without particles is 0 before the dense layers. Batch norm counts real edges alone.
    """

    coordinates: Input
    """List of what distances are taken in for the first graph, one or more numbers a particle: Δη and Δφ to the jet
    axis, say. It must be as long as the inputs."""
    k: int = parameter(16, ge=1)
    """Nearest neighbours of each particle."""
    blocks: list[list[int]] = [[64, 64, 64], [128, 128, 128], [256, 256, 256]]
    """For each edge convolution, the widths of its layers."""
    head: list[int] = [256]
    """Width of each hidden dense layer."""
    dropout: float = parameter(0.1, ge=0, lt=1)
    """Probability with which a unit of the hidden dense layers is switched off in training."""

    @model_validator(mode="after")
    def _check_blocks(self) -> Self:
        if not self.blocks or any(min(widths, default=0) < 1 for widths in self.blocks):
            raise ValueError(f"each block needs at least one layer, each layer one unit, but blocks is {self.blocks}")
        return self

    @property
    def body_columns(self) -> list[str]:
        """The coordinates."""
        return [self.coordinates]

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.particle_net_body.ParticleNetBody`."""
        from hepdl_networks.in_runs import InRuns
        from hepdl_networks.particle_net_body import ParticleNetBody

        need_points(columns, self.coordinates, type(self).__name__)
        return InRuns(ParticleNetBody(features, self.blocks, self.k, self.activation), 1), self.blocks[-1][-1]


class ParticleNetLite(ParticleNet):
    """ParticleNet with fewer neighbours, blocks and units (arXiv:1902.08570). With 7 features and 2 outputs: 26,416
    weights.
    """

    k: int = parameter(7, ge=1)
    """Nearest neighbours of each particle."""
    blocks: list[list[int]] = [[32, 32, 32], [64, 64, 64]]
    """For each edge convolution, the widths of its layers."""
    head: list[int] = [128]
    """Width of each hidden dense layer."""


def need_points(columns: Columns, name: str, reader: str) -> None:
    """Raise ``WiringError`` unless the column has one or more numbers for each particle."""
    kind = columns.need(name, reader)
    if not kind.jagged or len(kind.shape) > 1:
        raise WiringError(
            f"{reader}: coordinates '{name}' is {kind}; a list with one or more numbers a particle is needed, for "
            f"example Particles('{name}', ['part_deta', 'part_dphi'])"
        )
