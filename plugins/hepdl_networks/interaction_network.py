"""InteractionNetwork: a function of each edge, then one of each node and its edges' effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import Inputs, parameter
from hepdl.errors import WiringError
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
    edge_features: Inputs = []
    """For graph="edges": lists with one or more numbers for each edge, which its function sees too."""
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
        if self.edge_features and self.graph != "edges":
            raise ValueError(f"edge_features are those of graph='edges', but graph is '{self.graph}'")
        return self

    @property
    def body_columns(self) -> list[str]:
        """The coordinates or the edges, then the features of the edges."""
        return [*super().body_columns, *self.edge_features]

    def edge_width(self, columns: Columns) -> int:
        """Number of features of each edge; ``WiringError`` when a column has none."""
        reader = type(self).__name__
        kinds = {name: columns.need(name, reader) for name in self.edge_features}
        for name, kind in kinds.items():
            if not kind.jagged or len(kind.shape) > 1:
                raise WiringError(
                    f"{reader}: edge feature '{name}' is {kind}; a list as long as '{self.edges}' is needed"
                )
        return sum(kind.width for kind in kinds.values())

    def convolution(self, features: int, of_edge: int) -> tuple[nn.Module, int]:
        """An :class:`~hepdl_networks.interactions.Interactions`."""
        from hepdl_networks.interactions import Interaction, Interactions

        inputs = [features, *[self.node_layers[-1]] * (self.steps - 1)]
        made = [
            Interaction(width, of_edge, self.edge_layers, self.node_layers, self.activation, self.effects == "mean")
            for width in inputs
        ]
        return Interactions(made), self.node_layers[-1]
