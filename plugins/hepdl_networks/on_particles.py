"""Torch module of a network over lists of particles."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl.learning.equal_lengths import need_equal_lengths
from hepdl_networks.layers import side_by_side
from hepdl_networks.segments import segment_sum


class OnParticles(nn.Module):
    """A body over particles, collected for each event unless ``collect`` is None, then dense layers.

    ``lists`` and ``flat`` are the places of jagged and flat inputs among the arguments, ``further`` those of columns
    that go to the body as they are; without, these are the arguments from number ``inputs`` on.
    """

    def __init__(
        self, body: nn.Module, head: nn.Module, collect: nn.Module | None, lists: Sequence[int], flat: Sequence[int],
        inputs: int, further: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.body, self.head, self.collect = body, head, collect
        self._lists, self._flat, self._inputs = list(lists), list(flat), inputs
        self._further = further

    def forward(self, *columns: torch.Tensor | Jagged) -> torch.Tensor | Jagged:
        """``[N, outputs]`` or a list of ``[n, outputs]``, without activation."""
        hidden, flat = self.hidden(columns)
        if self.collect is not None:
            answer: torch.Tensor = self.head(self.collect(hidden), *flat)
            return answer
        index = hidden.event_index() if flat else None
        return hidden.with_values(self.head(hidden.values, *(column[index] for column in flat)))

    def hidden(self, columns: Sequence[torch.Tensor | Jagged]) -> tuple[Jagged, list[torch.Tensor]]:
        """What the body says of each particle, a list ``[n, W]``, and the flat inputs."""
        lists = [columns[place] for place in self._lists]
        further = columns[self._inputs :] if self._further is None else [columns[place] for place in self._further]
        need_equal_lengths(lists)
        particles = lists[0].with_values(side_by_side([each.values for each in lists]))
        hidden: Jagged = self.body(particles, *further)
        return hidden, [columns[place] for place in self._flat]


class TrunkOnParticles(nn.Module):
    """A network over lists of particles as the trunk of several heads: what it says of events and of particles."""

    def __init__(self, network: OnParticles, particle_width: int) -> None:
        super().__init__()
        self.network, self.particle_width = network, particle_width

    def forward(self, *columns: torch.Tensor | Jagged) -> tuple[torch.Tensor, Jagged]:
        """``[N, features]`` and a list of ``[n, W]``."""
        hidden, flat = self.network.hidden(columns)
        assert self.network.collect is not None
        return self.network.head(self.network.collect(hidden), *flat), hidden


def collected(particles: Jagged, how: str) -> torch.Tensor:
    """``[N, W]``: the sum, mean or maximum over the particles ``[n, W]`` of each event; 0 where there are none."""
    values = particles.values
    if how == "max":
        index = particles.event_index()[:, None].expand_as(values)
        empty = values.new_zeros(len(particles), values.shape[1])
        return empty.scatter_reduce(0, index, values, "amax", include_self=False)
    total = segment_sum(values, particles.offsets)
    return total if how == "sum" else total / particles.lengths.clamp_min(1)[:, None]
