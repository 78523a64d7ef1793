"""Pairs of particles of one event, in packed lists."""

from __future__ import annotations

import torch

from hepdl.events import Jagged


def all_pairs(particles: Jagged) -> tuple[torch.Tensor, torch.Tensor]:
    """``[m]`` and ``[m]``: both particles of each ordered pair of an event, a particle with itself included.

    The pairs of a first particle lie together. Waits as :attr:`Jagged.longest` does.
    """
    lengths = particles.host_offsets.diff()
    starts = particles.offsets[:-1][particles.event_index()]
    return _paired(particles.lengths[particles.event_index()], starts, int((lengths * lengths).sum()))


def lower_pairs(particles: Jagged) -> tuple[torch.Tensor, torch.Tensor]:
    """As :func:`all_pairs`, without order: the second particle stands before the first one or is the same."""
    lengths = particles.host_offsets.diff()
    starts = particles.offsets[:-1][particles.event_index()]
    counts = torch.arange(starts.shape[0], device=starts.device) - starts + 1
    return _paired(counts, starts, int((lengths * (lengths + 1) // 2).sum()))


def _paired(counts: torch.Tensor, starts: torch.Tensor, total: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Each particle with the ``counts[i]`` particles from number ``starts[i]`` on."""
    particles = torch.arange(counts.shape[0], device=counts.device)
    first = torch.repeat_interleave(particles, counts, output_size=total)
    shift = starts - (counts.cumsum(0) - counts)
    return first, torch.arange(total, device=counts.device) + shift[first]


def lower_table(particles: Jagged, most: int) -> torch.Tensor:
    """``[N, P, P]``: the number of a pair among :func:`lower_pairs`, for places ``< most`` in the event.

    Where there is no such pair it is that of some other pair, or 0.
    """
    lengths = particles.lengths
    counts = lengths * (lengths + 1) // 2
    before = counts.cumsum(0) - counts
    place = torch.arange(most, device=lengths.device)
    high, low = torch.maximum(place[:, None], place), torch.minimum(place[:, None], place)
    inside = high < lengths[:, None, None]
    return torch.where(inside, before[:, None, None] + high * (high + 1) // 2 + low, 0)
