"""Slots: between packed particles and a rectangle of events and places."""

from __future__ import annotations

import torch

from hepdl.events import Jagged


class Slots:
    """Where each particle of some lists lies in ``[N, P]``, with ``P`` the longest list, but at least 1."""

    def __init__(self, particles: Jagged) -> None:
        """Waits for the device as :attr:`Jagged.longest` does."""
        self.events, self.most = len(particles), max(1, particles.longest)
        event = particles.event_index()
        place = torch.arange(event.shape[0], device=event.device) - particles.offsets[:-1][event]
        self._slot = event * self.most + place
        self.filled = torch.arange(self.most, device=event.device) < particles.lengths[:, None]
        """``[N, P]``, where there is a particle."""

    def padded(self, values: torch.Tensor) -> torch.Tensor:
        """``[n, W]`` → ``[N, P, W]``, with zeros where there is no particle."""
        empty = values.new_zeros(self.events * self.most, values.shape[1])
        return empty.index_copy(0, self._slot, values).view(self.events, self.most, values.shape[1])

    def packed(self, values: torch.Tensor) -> torch.Tensor:
        """``[N, P, W]`` → ``[n, W]``."""
        return values.reshape(self.events * self.most, values.shape[2]).index_select(0, self._slot)

    def visible(self) -> torch.Tensor:
        """``[N, P, P]``: whom a particle may look at. Empty places look at all, so that no softmax is over nothing."""
        return self.filled[:, None, :] | ~self.filled[:, :, None]
