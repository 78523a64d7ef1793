"""GraphNetwork: graph convolutions of torch-geometric over the particles of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.description import parameter
from hepdl_networks.over_graph import OverGraph

if TYPE_CHECKING:
    from torch import nn


class GraphNetwork(OverGraph):
    """Graph convolutions of torch-geometric over a graph of the particles: GCN (arXiv:1609.02907), GAT (1710.10903),
    GATv2 (2105.14491), EdgeConv (1801.07829), GIN (1810.00826) or SAGE (1706.02216).
    """

    kind: Literal["GCN", "GAT", "GATv2", "EdgeConv", "GIN", "SAGE"] = "GCN"
    """The convolution. GCN, GAT and GATv2 also see the particle itself, as published."""
    widths: list[int] = parameter([64, 64], min_length=1)
    """Features of a particle behind each convolution."""
    heads: int = parameter(4, ge=1)
    """Attention heads of GAT and GATv2, side by side; they share the width."""

    @model_validator(mode="after")
    def _check_convolutions(self) -> Self:
        if min(self.widths) < 1:
            raise ValueError(f"each convolution needs at least one feature, widths is {self.widths}")
        odd = [width for width in self.widths if self.kind in ("GAT", "GATv2") and width % self.heads]
        if odd:
            raise ValueError(f"the {self.heads} heads of {self.kind} must share each width evenly, but one is {odd[0]}")
        return self

    def convolution(self, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.graph_layers.GraphLayers`."""
        from hepdl_networks.graph_layers import GraphLayers

        return GraphLayers(self.kind, features, self.widths, self.activation, self.heads), self.widths[-1]
