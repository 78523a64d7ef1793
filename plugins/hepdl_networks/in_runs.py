"""Outside training, events one run after the other, so that memory is bounded however many there are."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn

from hepdl.events import Events, Jagged
from hepdl.learning.equal_lengths import need_equal_lengths

PARTICLES = 16_384
"""Particles of a run, about."""


class InRuns(nn.Module):
    """A body over lists. In training it sees the whole batch, which its batch norm needs; else some events at a time.

    The first ``like`` of the further columns must have lists of the lengths of the particles (``BadValues``).
    """

    def __init__(self, body: nn.Module, like: int = 0) -> None:
        super().__init__()
        self.body, self._like = body, like

    def forward(self, particles: Jagged, *columns: Jagged) -> Jagged:
        """What the body gives."""
        need_equal_lengths([particles, *columns[: self._like]])
        if self.training or particles.values.shape[0] <= PARTICLES:
            return self._of(particles, *columns)
        parts = [self._of(*(each.rows(*run) for each in (particles, *columns))) for run in pairwise(_cuts(particles))]
        joined: Jagged = Events.joined([Events({"hidden": part}) for part in parts])["hidden"]
        return joined

    def _of(self, *columns: Any) -> Jagged:
        hidden: Jagged = self.body(*columns)
        return hidden


def _cuts(particles: Jagged) -> list[int]:
    """Where runs begin, and the end: events whose first particle is in the same block of ``PARTICLES`` are one run."""
    block = torch.as_tensor(particles.host_offsets)[:-1] // PARTICLES
    starts = (block[1:] != block[:-1]).nonzero().flatten() + 1
    return [0, *starts.tolist(), len(particles)]
