"""How the particles of each event become one row."""

from __future__ import annotations

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl_networks.on_particles import collected


class Collected(nn.Module):
    """The sum, mean or maximum over the particles ``[n, W]`` of each event, ``[N, W]``; 0 where there are none."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, particles: Jagged) -> torch.Tensor:
        """``[N, W]``."""
        return collected(particles, self.how)


class Ends(nn.Module):
    """The first ``width`` features of the last particle of each event, and the others of the first particle, which is
    where a backward layer ends; 0 where there are none.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, particles: Jagged) -> torch.Tensor:
        """``[N, W]``."""
        values, offsets = particles.values, particles.offsets
        values = torch.cat([values, values.new_zeros(1, values.shape[1])])  # something to take when there is nothing
        forward = values[(offsets[1:] - 1).clamp_min(0), : self.width]
        backward = values[offsets[:-1], self.width :]
        return torch.where((particles.lengths > 0)[:, None], torch.cat([forward, backward], 1), 0)


class Attention(nn.Module):
    """The mean over the particles of each event with weights softmax(v · tanh(U h)): additive attention
    (arXiv:1409.0473, equation 6, without a query). ``[N, W]``; 0 where there are no particles.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.key, self.score = nn.Linear(width, width), nn.Linear(width, 1, bias=False)

    def forward(self, particles: Jagged) -> torch.Tensor:
        """``[N, W]``."""
        weight = softmax(particles.with_values(self.score(torch.tanh(self.key(particles.values)))))
        return collected(particles.with_values(weight * particles.values), "sum")


def softmax(scores: Jagged) -> torch.Tensor:
    """exp(score) over its sum in the event, for scores ``[n, 1]``."""
    index = scores.event_index()
    highest = collected(scores, "max").detach()
    raised = (scores.values - highest[index]).exp()
    return raised / collected(scores.with_values(raised), "sum")[index]
