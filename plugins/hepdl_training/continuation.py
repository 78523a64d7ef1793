"""Lists that are cut and that grow, without the host waiting where it knows their lengths."""

from __future__ import annotations

import torch

from hepdl.events import Jagged


def cut(lists: Jagged, most: int) -> Jagged:
    """The first ``most`` particles of each list."""
    known = _starts((lists.host_offsets[1:] - lists.host_offsets[:-1]).clamp_max(most))
    offsets = known.to(lists.offsets.device)
    total = int(known[-1])
    event = Jagged(lists.values[:total], offsets).event_index()
    place = torch.arange(total, device=offsets.device) - offsets[event]
    return Jagged(lists.values[lists.offsets[event] + place], offsets, known)


def last(lists: Jagged) -> torch.Tensor:
    """The last particle of each list ``[N, ...]``; anything finite where there is none."""
    values = torch.cat([lists.values, lists.values.new_zeros(1, *lists.values.shape[1:])])
    return values[(lists.offsets[1:] - 1).clamp_min(0)]


def longer(lists: Jagged, more: torch.Tensor) -> Jagged:
    """Each list with one more particle ``[N, ...]`` at its end."""
    places = torch.arange(len(lists) + 1, device=more.device)
    offsets, event = lists.offsets + places, lists.event_index()
    values = more.new_zeros((lists.values.shape[0] + len(lists), *more.shape[1:]))
    values = values.index_copy(0, torch.arange(len(event), device=more.device) + event, lists.values)
    host = lists.host_offsets
    known = host + torch.arange(len(lists) + 1)
    return Jagged(values.index_copy(0, offsets[1:] - 1, more), offsets, known)


def grown(blocks: torch.Tensor, began: Jagged) -> Jagged:
    """Blocks ``[N, S, F]`` as lists, empty where ``began`` has no particle."""
    host = began.host_offsets
    some = host[1:] > host[:-1]
    known = _starts(some * blocks.shape[1])
    rows = some.nonzero()[:, 0].to(blocks.device)
    return Jagged(blocks[rows].flatten(0, 1), known.to(blocks.device), known)


def _starts(lengths: torch.Tensor) -> torch.Tensor:
    return torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
