"""InteractionNetwork: a function of each edge, then one of each node and its edges' effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.description import parameter
from hepdl_networks.over_graph import OverGraph

if TYPE_CHECKING:
    from torch import nn


class InteractionNetwork(OverGraph):
    """Interaction network (arXiv:1612.00222, equation 2): a function of the two ends of each edge gives its effect, a
    function of a particle and the sum of the effects on it gives its new features. As published: ``graph="full"``.
    """

    graph: Literal["knn", "radius", "full", "edges"] = "full"
    """Which particles are joined: each with its nearest neighbours, with those near it, with all others of the event,
    or as a list of edges says."""
    edge_layers: list[int] = parameter([64, 32], min_length=1)
    """Widths of the layers over each edge; the last one is the size of an effect."""
    node_layers: list[int] = parameter([64, 32], min_length=1)
    """Widths of the layers over each particle and its effects."""
    effects: Literal["sum", "mean"] = "sum"
    """How the effects on a particle are put together."""
    steps: int = parameter(1, ge=1)
    """Interactions one after the other, each with weights of its own."""

    @model_validator(mode="after")
    def _check_layers(self) -> Self:
        if min(*self.edge_layers, *self.node_layers) < 1:
            raise ValueError(
                f"each layer needs at least one unit, edge_layers is {self.edge_layers}, node_layers {self.node_layers}"
            )
        return self

    def convolution(self, features: int) -> tuple[nn.Module, int]:
        """An :class:`~hepdl_networks.interactions.Interactions`."""
        from hepdl_networks.interactions import Interaction, Interactions

        inputs = [features, *[self.node_layers[-1]] * (self.steps - 1)]
        made = [
            Interaction(width, self.edge_layers, self.node_layers, self.activation, self.effects == "mean")
            for width in inputs
        ]
        return Interactions(made), self.node_layers[-1]
