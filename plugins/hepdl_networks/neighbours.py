"""Nearest neighbours: edges to each particle from those of its event that are closest to it."""

from __future__ import annotations

from dataclasses import replace

import torch

from hepdl.events import Jagged
from hepdl_networks.edges import Edges, ranked
from hepdl_networks.layers import side_by_side

FEW = 3
"""Up to so many coordinates, distances are summed up from differences, which are exact also for close particles."""
AT_ONCE = 1 << 25
"""Distances that are kept at once."""


def nearest(points: Jagged, k: int) -> Edges:
    """Edges from the ``k`` nearest other particles of the event, or from all others where there are fewer.

    ``points`` ``[n, D]`` are compared by their Euclidean distance; of equally distant ones any may be taken. The
    search has no gradient. It costs as many operations as there are pairs in a list of the greatest length.
    """
    most = max(min(k, points.longest - 1), 0)
    rank, edges = ranked(points, most)
    if most == 0:
        return edges
    order = _in_order(points, most).flatten()
    return replace(edges, source=order if edges.each else order.index_select(0, edges.target * most + rank))


def within(points: Jagged, radius: float, k: int) -> Edges:
    """Edges from other particles of the event no farther than ``radius``, the ``k`` nearest where there are more.

    How many these are is known to the device alone. So the edges that are too long go from and to one more particle,
    number ``n``, that is nowhere.
    """
    edges, n = nearest(points, k), points.values.shape[0]
    values = side_by_side([points.values])
    gaps = values.index_select(0, edges.source) - values.index_select(0, edges.target)
    far = gaps.square().sum(1) > radius**2
    return Edges(edges.source.masked_fill(far, n), edges.target.masked_fill(far, n), n + 1)


@torch.no_grad()
def _in_order(points: Jagged, most: int) -> torch.Tensor:
    """``[n, most]``: places of the nearest others, the nearest first; what is no neighbour comes last."""
    padded, mask = points.with_values(side_by_side([points.values])).padded(points.longest)
    events = max(1, AT_ONCE // mask.shape[1] ** 2)
    event = points.event_index()
    place = torch.arange(len(event), device=event.device) - points.offsets.index_select(0, event)
    rows, first, found = event * mask.shape[1] + place, 0, []
    known = points.host_offsets
    for start in range(0, len(points), events):
        stop = min(start + events, len(points))
        end = int(known[stop])
        squares = _distances(padded[start:stop], mask[start:stop]).flatten(0, 1)
        mine = squares.index_select(0, rows[first:end] - start * mask.shape[1])
        found.append(mine.topk(most, largest=False).indices)
        first = end
    return torch.cat(found) + points.offsets.index_select(0, event)[:, None]


def _distances(points: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """``[N, P, P]``: squared distances, but for what is the same in a row; infinite to itself and to padding."""
    if points.shape[2] <= FEW:
        each = [(x[:, :, None] - x[:, None, :]).square_() for x in points.unbind(2)]
        squares = torch.stack(each).sum(0) if len(each) > 1 else each[0]
    else:
        norms = points.square().sum(2)[:, None]
        squares = torch.baddbmm(norms, points, points.transpose(1, 2), alpha=-2)
    squares.diagonal(dim1=1, dim2=2).fill_(float("inf"))
    return squares.masked_fill_(~mask[:, None], float("inf"))
