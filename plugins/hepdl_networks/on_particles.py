"""Torch module of a network over lists of particles."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from hepdl.errors import BadValues
from hepdl.events import Jagged
from hepdl_networks.layers import side_by_side


class OnParticles(nn.Module):
    """A body over particles, collected for each event unless ``collect`` is None, then dense layers.

    ``lists`` and ``flat`` are the places of jagged and flat inputs among the arguments; arguments from number
    ``inputs`` on go to the body as they are.
    """

    def __init__(
        self, body: nn.Module, head: nn.Module, collect: nn.Module | None, lists: Sequence[int], flat: Sequence[int],
        inputs: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self.body, self.head, self.collect = body, head, collect
        self._lists, self._flat, self._inputs = list(lists), list(flat), inputs

    def forward(self, *columns: torch.Tensor | Jagged) -> torch.Tensor | Jagged:
        """``[N, outputs]`` or a list of ``[n, outputs]``, without activation."""
        lists = [columns[place] for place in self._lists]
        need_equal_lengths(lists)
        particles = lists[0].with_values(side_by_side([each.values for each in lists]))
        hidden: Jagged = self.body(particles, *columns[self._inputs :])
        flat = [columns[place] for place in self._flat]
        if self.collect is not None:
            answer: torch.Tensor = self.head(self.collect(hidden), *flat)
            return answer
        index = hidden.event_index() if flat else None
        return hidden.with_values(self.head(hidden.values, *(column[index] for column in flat)))


def need_equal_lengths(lists: Sequence[Jagged]) -> None:
    """Raise ``BadValues`` when lists that describe the same particles have other lengths than the first one."""
    first, *others = lists
    for number, other in enumerate(others, 2):
        if other.offsets is first.offsets or torch.equal(first.host_offsets, other.host_offsets):
            continue
        lengths, of_other = (each.host_offsets.diff() for each in (first, other))
        row = int((lengths != of_other).int().argmax())
        raise BadValues(
            f"lists of the same particles must have equal lengths, but in row {row} of a batch of {len(first)} events "
            f"the first has {int(lengths[row])} particles and number {number} has {int(of_other[row])}; make them with "
            f"one selection, for example with Particles(...)"
        )


def collected(particles: Jagged, how: str) -> torch.Tensor:
    """``[N, W]``: the sum, mean or maximum over the particles ``[n, W]`` of each event; 0 where there are none."""
    index, values = particles.event_index(), particles.values
    empty = values.new_zeros(len(particles), values.shape[1])
    if how == "max":
        return empty.scatter_reduce(0, index[:, None].expand_as(values), values, "amax", include_self=False)
    total = empty.index_add(0, index, values)
    return total if how == "sum" else total / particles.lengths.clamp_min(1)[:, None]
