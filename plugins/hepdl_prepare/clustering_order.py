"""ClusteringOrder: the place of each particle in the clustering tree of its jet."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Output, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events, Jagged
from hepdl_prepare.clustering import POWERS, tree_places
from hepdl_prepare.same_lengths import need_same_lengths


class ClusteringOrder(Algorithm):
    """Clusters the particles of each jet and numbers them from 0 in depth-first order of the tree, the branch of larger
    pT first, as recursive and recurrent networks read a jet (arXiv:1702.00748):
    ``ClusteringOrder("part", "part_order")`` behind ``P4("part")``, then ``Particles(..., sort="part_order")``.
    """

    positional: ClassVar[tuple[str, ...]] = ("particles", "output")

    particles: str = parameter(min_length=1)
    """Name of the particles: their components are lists ``part.px``, ``part.py``, ``part.pz``, ``part.energy``."""
    output: Output
    """Name of the column with the places."""
    algorithm: Literal["ca", "kt", "antikt"] = "ca"
    """Cambridge/Aachen, kT or anti-kT, with the momenta added and no distance to the beam."""

    def reads(self) -> list[str]:
        """The four components."""
        return [f"{self.particles}.{part}" for part in ("px", "py", "pz", "energy")]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The places, int32; raises ``WiringError`` when the components are no lists."""
        for name in self.reads():
            kind = columns.need(name, self.label)
            if not kind.jagged or kind.shape:
                raise WiringError(f"{self.label}: '{name}' is {kind}; a jagged column, one number a particle, is "
                                  "needed")  # fmt: skip
        return {self.output: ColumnType("int32", jagged=True)}

    def execute(self, events: Events) -> dict[str, Column]:
        """The places. Raises ``BadValues`` when components have different lengths in some event."""
        lists = {name: events[name] for name in self.reads()}
        offsets = need_same_lengths(lists, events, self.label)
        momenta = np.stack([each.values for each in lists.values()], 1)
        places = tree_places(momenta, offsets, POWERS[self.algorithm])
        return {self.output: Jagged(places.astype(np.int32), offsets)}
