"""EdgeList: two jagged columns with the ends of edges as one list of edges, checked against the particles."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, Output
from hepdl.errors import BadValues, WiringError
from hepdl.events import Column, Events, Jagged
from hepdl_prepare.same_lengths import place_of


class EdgeList(Algorithm):
    """The edges of a graph that stands in the files, as one list ``[m, 2]`` of source and target:
    ``EdgeList("edges", source="edge_source", target="edge_target", particles="hit_x")``.

    The ends are counted from 0 among the particles of the event. What points outside is an error.
    """

    positional: ClassVar[tuple[str, ...]] = ("output",)

    output: Output
    """Name of the list of edges."""
    source: Input
    """Jagged column of integers: where each edge begins."""
    target: Input
    """Jagged column of integers: where it ends."""
    particles: Input
    """A jagged column of the particles that the edges are between."""
    both_ways: bool = False
    """Add each edge in the other direction too, behind those of its event."""

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The list of edges; raises ``WiringError`` for columns of another type."""
        for name in (self.source, self.target):
            kind = columns.need(name, self.label)
            if not kind.jagged or kind.shape or "int" not in kind.dtype:
                raise WiringError(f"{self.label}: '{name}' is {kind}; a list with one integer an edge is needed")
        kind = columns.need(self.particles, self.label)
        if not kind.jagged:
            raise WiringError(f"{self.label}: particles '{self.particles}' is {kind}; a list of particles is needed")
        return {self.output: ColumnType("int64", (2,), True, ("source", "target"))}

    def execute(self, events: Events) -> dict[str, Column]:
        """The edges. Raises ``BadValues`` when ends do not match in number or point outside their event."""
        source, target = events[self.source], events[self.target]
        if not np.array_equal(source.offsets, target.offsets):
            row = int(np.argmax(source.lengths != target.lengths))
            raise BadValues(
                f"{self.label}: '{self.source}' has {source.lengths[row]} edges and '{self.target}' has "
                f"{target.lengths[row]} in {place_of(events, row)}; an edge needs both its ends"
            )
        for name in (self.source, self.target):
            self._check(name, events)
        edges = Jagged(np.stack([source.values, target.values], 1).astype(np.int64), source.offsets)
        return {self.output: _doubled(edges) if self.both_ways else edges}

    def _check(self, name: str, events: Events) -> None:
        ends, row = events[name], np.repeat(np.arange(len(events)), events[name].lengths)
        most = events[self.particles].lengths[row]
        outside = np.flatnonzero((ends.values < 0) | (ends.values >= most))
        if len(outside):
            first = outside[0]
            raise BadValues(
                f"{self.label}: {len(outside)} values of '{name}' point outside their event, the first is "
                f"{ends.values[first]} in {place_of(events, int(row[first]))}, which has {most[first]} particles in "
                f"'{self.particles}' (counted from 0)"
            )


def _doubled(edges: Jagged) -> Jagged:
    """Each event's edges, then the same ones turned round."""
    event = np.repeat(np.arange(len(edges)), edges.lengths)
    order = np.argsort(np.concatenate([event, event]), kind="stable")
    both = np.concatenate([edges.values, edges.values[:, ::-1]])
    return Jagged.from_lengths(both[order], 2 * edges.lengths)
