"""OverGraph: what networks over a graph of the particles of an event have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import Input, parameter
from hepdl.errors import WiringError
from hepdl_networks.particle_net import need_points
from hepdl_networks.particle_network import ParticleNetwork

if TYPE_CHECKING:
    from torch import nn

    from hepdl_networks.graph_body import Build


class OverGraph(ParticleNetwork):
    """Layers along the edges of a graph whose nodes are the particles of an event, then dense layers over an event,
    each particle or each edge. A subclass makes the layers: a module from ``[n, F]`` and edges to ``[n, W]``.
    """

    graph: Literal["knn", "radius", "full", "edges"] = "knn"
    """Which particles are joined: each with its nearest neighbours, with those near it, with all others of the event,
    or as a list of edges says."""
    coordinates: Input = ""
    """List of what distances are taken in for graph="knn" or "radius", one or more numbers a particle (Δη, Δφ)."""
    k: int = parameter(8, ge=1)
    """Nearest neighbours of a particle in graph="knn", all others where there are fewer; the most for "radius"."""
    radius: float = parameter(0.4, gt=0)
    """Greatest distance of neighbours in graph="radius", in the unit of the coordinates."""
    edges: Input = ""
    """List of edges for graph="edges": source and target, counted from 0 in the event; see EdgeList."""
    answers: Literal["event", "particle", "edge"] = "event"
    """Whether there is one answer for each event, each particle or each edge of the list of edges."""

    @model_validator(mode="after")
    def _check_graph(self) -> Self:
        for name, graphs in (("coordinates", ("knn", "radius")), ("edges", ("edges",))):
            if (self.graph in graphs) != bool(getattr(self, name)):
                which = " and ".join(f"'{graph}'" for graph in graphs)
                raise ValueError(f"{name} must be given for graph {which} and for no other; graph is '{self.graph}'")
        if self.answers == "edge" and self.graph != "edges":
            raise ValueError(f"answers='edge' needs graph='edges' and the list of edges, but graph is '{self.graph}'")
        return self

    @property
    def body_columns(self) -> list[str]:
        """The coordinates or the edges."""
        return [name for name in (self.coordinates, self.edges) if name]

    @property
    def per_particle(self) -> str:
        """The first input or the list of edges, when it answers for each particle or each edge."""
        return self.edges if self.answers == "edge" else super().per_particle

    def convolution(self, features: int) -> tuple[nn.Module, int]:
        """The module from ``[n, F]`` and :class:`~hepdl_networks.edges.Edges` to ``[n, W]``, and ``W``."""
        raise NotImplementedError

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.graph_body.GraphBody`; ``WiringError`` when coordinates or edges do not fit."""
        from hepdl_networks.graph_body import GraphBody
        from hepdl_networks.in_runs import InRuns

        if self.coordinates:
            need_points(columns, self.coordinates, type(self).__name__)
        if self.edges:
            self._need_pairs(columns)
        layers, width = self.convolution(features)
        of_edges = self.answers == "edge"
        body = InRuns(GraphBody(self._build(), layers, of_edges), 1 if self.coordinates else 0)
        return body, 2 * width if of_edges else width

    def _build(self) -> Build:
        from hepdl_networks import graph_body

        if self.graph in ("full", "edges"):
            return graph_body.full if self.graph == "full" else graph_body.of_list
        return graph_body.Near(self.k, self.radius if self.graph == "radius" else None)

    def _need_pairs(self, columns: Columns) -> None:
        name = type(self).__name__
        kind = columns.need(self.edges, name)
        if not kind.jagged or kind.shape != (2,) or "int" not in kind.dtype:
            raise WiringError(
                f"{name}: edges '{self.edges}' is {kind}; a list of two integers an edge is needed, for example "
                f"EdgeList('{self.edges}', source='edge_source', target='edge_target', particles='part_pt')"
            )
