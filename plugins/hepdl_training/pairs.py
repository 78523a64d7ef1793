"""Losses over pairs of events in a common space."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

TINY = 1e-12
"""Keeps the slope of a root finite where two places are the same."""


@dataclass(frozen=True)
class Pairs:
    """First and second halves of pairs, each first one (an anchor) with every second one."""

    first: torch.Tensor
    """Places ``[N, E]``."""
    second: torch.Tensor
    """Places ``[M, E]``."""
    alike: torch.Tensor
    """``[N, M]``, true for pairs that shall be close."""
    apart: torch.Tensor
    """``[N, M]``, true for pairs that shall be far."""
    weight: torch.Tensor
    """Of the first halves ``[N]``."""
    others: torch.Tensor
    """Of the second halves ``[M]``, divided by the number of pairs that a first half is in."""

    @classmethod
    def of_events(cls, places: torch.Tensor, label: torch.Tensor, weight: torch.Tensor) -> Pairs:
        """All pairs of different events; events without weight are in none."""
        number = len(places)
        counts = (weight != 0)[:, None] & (weight != 0)[None, :]
        itself = torch.eye(number, dtype=torch.bool, device=places.device)
        same = label[:, None] == label[None, :]
        return cls(places, places, counts & same & ~itself, counts & ~same, weight, weight / max(number - 1, 1))

    @classmethod
    def of_halves(
        cls, first: torch.Tensor, second: torch.Tensor, together: torch.Tensor, weight: torch.Tensor, only_these: bool
    ) -> Pairs:
        """The two halves of each event; or, but for ``only_these``, a half with those of all other events too."""
        itself = torch.eye(len(first), dtype=torch.bool, device=first.device)
        counts = (weight != 0)[:, None] & (weight != 0)[None, :]
        apart = itself & ~together[:, None] if only_these else counts & ~itself
        return cls(first, second, counts & itself & together[:, None], counts & apart, weight, torch.ones_like(weight))

    def distance(self) -> torch.Tensor:
        """``[N, M]``."""
        squares = self.first.square().sum(1)[:, None] + self.second.square().sum(1) - 2 * self.first @ self.second.T
        return (squares.clamp_min(0) + TINY).sqrt()


def contrastive(pairs: Pairs, margin: float) -> torch.Tensor:
    """½d² for like pairs and ½max(0, margin - d)² for others, mean over the pairs of each anchor, ``[N]``."""
    distance = pairs.distance()
    each = pairs.alike * distance.square() + pairs.apart * functional.relu(margin - distance).square()
    return each @ pairs.others / 2


def triplet(pairs: Pairs, margin: float) -> torch.Tensor:
    """max(0, d(furthest like) - d(nearest other) + margin) of each anchor that has both, else 0, ``[N]``."""
    if not len(pairs.second):
        return pairs.first.sum(1)
    distance = pairs.distance()
    furthest = torch.where(pairs.alike, distance, 0).amax(1)
    nearest = torch.where(pairs.apart, distance, torch.inf).amin(1)
    both = pairs.alike.any(1) & pairs.apart.any(1)
    return torch.where(both, functional.relu(furthest - torch.where(both, nearest, 0) + margin), 0)


def infonce(pairs: Pairs, temperature: float) -> torch.Tensor:
    """-log of the share of a like one among all, mean over the like ones of each anchor, ``[N]``; 0 without any."""
    cosine = pairs.first @ pairs.second.T / temperature
    among = pairs.alike | pairs.apart
    among = among | ~among.any(1, keepdim=True)  # a logarithm of nothing has no slope
    norm = torch.where(among, cosine, -torch.inf).logsumexp(1)
    surprise = torch.where(pairs.alike, norm[:, None] - cosine, 0).sum(1) / pairs.alike.sum(1).clamp_min(1)
    return torch.where(pairs.alike.any(1), surprise, 0)


LOSSES = {"contrastive": contrastive, "triplet": triplet, "infonce": infonce}
