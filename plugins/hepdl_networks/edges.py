"""Edges between the particles of an event, and what is gathered along them and collected at their ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from hepdl.errors import BadValues
from hepdl.events import Jagged
from hepdl_networks.segments import segment_sum


@dataclass(frozen=True)
class Edges:
    """Directed edges ``source → target`` among ``n`` particles that lie one event after the other.

    ``source`` and ``target`` are ``[E]`` int64, places among all ``n`` particles. Where edges lie in the order of their
    targets, ``offsets`` ``[n + 1]`` says which edges end at which particle; if these are as many for each particle,
    ``each`` is their number, else 0.
    """

    source: torch.Tensor
    target: torch.Tensor
    n: int
    offsets: torch.Tensor | None = None
    each: int = 0

    def pairs(self, at_target: torch.Tensor, at_source: torch.Tensor) -> torch.Tensor:
        """The sum of a value of either end, ``[E, C]`` from two ``[n, C]``."""
        gathered = at_source.index_select(0, self.source)
        if not self.each:
            return gathered + at_target.index_select(0, self.target)
        width = at_target.shape[1]
        return (gathered.view(self.n, self.each, width) + at_target[:, None]).view(-1, width)

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """``[n, C]``: the sum over the edges ``[E, C]`` that end at a particle."""
        if self.each:
            return values.view(self.n, self.each, -1).sum(1)
        if self.offsets is not None:
            return segment_sum(values, self.offsets)
        return values.new_zeros(self.n, values.shape[1]).index_add(0, self.target, values)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """``[n, C]``: the mean over the edges ``[E, C]`` that end at a particle; 0 where there are none."""
        if self.each:
            return values.view(self.n, self.each, -1).mean(1)
        return self.sum(values) / self.arriving().clamp_min(1)[:, None]

    def arriving(self) -> torch.Tensor:
        """``[n]``: the number of edges that end at a particle."""
        if self.offsets is not None:
            return self.offsets.diff()
        return self.target.new_zeros(self.n).index_add(0, self.target, torch.ones_like(self.target))


def ranked(particles: Jagged, most: int) -> tuple[torch.Tensor, Edges]:
    """Edges that end at each particle, ``most`` of them or one from each other particle where those are fewer.

    ``[E]`` number of the edge among those at its target, and the edges, whose source is still the target. How many
    there are in all follows from the lengths, which the host knows: nothing waits.
    """
    n, device = particles.values.shape[0], particles.offsets.device
    here, lengths = torch.arange(n, device=device), particles.host_offsets.diff()
    count = int((lengths * (lengths - 1).clamp(0, most)).sum())
    arriving = (particles.lengths - 1).clamp(0, most).index_select(0, particles.event_index())
    offsets = torch.cat([arriving.new_zeros(1), arriving.cumsum(0)])
    target = torch.repeat_interleave(here, arriving, output_size=count)
    rank = torch.arange(count, device=device) - offsets.index_select(0, target)
    return rank, Edges(target, target, n, offsets, most if count == n * most else 0)


def everyone(particles: Jagged) -> Edges:
    """An edge from each particle to each other one of its event."""
    rank, edges = ranked(particles, max(particles.longest - 1, 0))
    start = particles.offsets.index_select(0, particles.event_index().index_select(0, edges.target))
    source = rank + start
    return replace(edges, source=source + (source >= edges.target))


def given(particles: Jagged, edges: Jagged) -> Edges:
    """The edges of a list of pairs ``[m, 2]``, source and target, counted from 0 among the particles of the event.

    ``BadValues`` names the first edge that points outside its event; on a device other than the CPU the assertion
    fails there, without name, so that nothing waits.
    """
    event = edges.event_index()
    pairs, lengths = edges.values.long(), particles.lengths.index_select(0, event)[:, None]
    _need_inside((pairs >= 0) & (pairs < lengths), pairs, lengths, event)
    source, target = (pairs + particles.offsets.index_select(0, event)[:, None]).unbind(1)
    return Edges(source, target, particles.values.shape[0])


def _need_inside(inside: torch.Tensor, pairs: torch.Tensor, lengths: torch.Tensor, event: torch.Tensor) -> None:
    advice = "make the list with EdgeList(...), which checks it on the host"
    if inside.device.type != "cpu":
        torch._assert_async(inside.all(), f"an edge points outside its event; {advice}")
    elif not bool(inside.all()):
        first = int(inside.all(1).int().argmin())
        raise BadValues(
            f"edge {pairs[first].tolist()} in row {int(event[first])} of a batch points outside its event, which has "
            f"{int(lengths[first])} particles (counted from 0); {advice}"
        )


def with_loops(edges: Edges) -> Edges:
    """The edges and one from each particle to itself."""
    here = torch.arange(edges.n, device=edges.source.device)
    return Edges(torch.cat([edges.source, here]), torch.cat([edges.target, here]), edges.n)
