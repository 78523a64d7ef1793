"""Edges between the particles of an event, and what is gathered along them and collected at their ends."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from hepdl.events import Jagged


@dataclass(frozen=True)
class Edges:
    """Directed edges ``source → target`` among ``n`` particles that lie one event after the other.

    ``source`` and ``target`` are ``[E]`` int64, places among all ``n`` particles. Where each particle is the target of
    the same number of edges, side by side and in order, ``each`` is that number; else it is 0.
    """

    source: torch.Tensor
    target: torch.Tensor
    n: int
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
        return values.new_zeros(self.n, values.shape[1]).index_add(0, self.target, values)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """``[n, C]``: the mean over the edges ``[E, C]`` that end at a particle; 0 where there are none."""
        if self.each:
            return values.view(self.n, self.each, -1).mean(1)
        arriving = values.new_zeros(self.n).index_add(0, self.target, values.new_ones(len(self.target)))
        return self.sum(values) / arriving.clamp_min(1)[:, None]


def ranked(particles: Jagged, most: int) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Edges that end at each particle, ``most`` of them or one from each other particle where those are fewer.

    ``([E] target, [E] number of the edge at its target, most)``; in place of the last 0 when some have fewer. How many
    there are in all follows from the lengths, which the host knows: nothing waits.
    """
    n, device = particles.values.shape[0], particles.offsets.device
    here = torch.arange(n, device=device)
    lengths = particles.host_offsets[1:] - particles.host_offsets[:-1]
    edges = int((lengths * (lengths - 1).clamp(0, most)).sum())
    if edges == n * most:
        return here.repeat_interleave(most), torch.arange(most, device=device).repeat(n), most
    arriving = (particles.lengths - 1).clamp(0, most).index_select(0, particles.event_index())
    target = torch.repeat_interleave(here, arriving, output_size=edges)
    first = arriving.cumsum(0) - arriving
    return target, torch.arange(edges, device=device) - first.index_select(0, target), 0


def everyone(particles: Jagged) -> Edges:
    """An edge from each particle to each other one of its event."""
    target, rank, each = ranked(particles, max(particles.longest - 1, 0))
    start = particles.offsets.index_select(0, particles.event_index().index_select(0, target))
    source = rank + start
    return Edges(source + (source >= target), target, particles.values.shape[0], each)
