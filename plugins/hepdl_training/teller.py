"""The torch module of :class:`hepdl_training.image_to_list.ImageToList`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from hepdl.events import Column


class Teller(nn.Module):
    """An encoder, and a gated recurrent unit that says particles of F features and when to stop."""

    def __init__(self, encoder: nn.Module, width: int, features: int) -> None:
        super().__init__()
        self.encoder, self.features = encoder, features
        self.cell = nn.GRUCell(width + features + 1, width)
        self.start = nn.Linear(width, width)
        self.hidden = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU())
        self.particle, self.stop = nn.Linear(width, features), nn.Linear(width, 1)

    def forward(self, inputs: Sequence[Column], truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Taught by the true particles ``[N, P, F]``: what is said ``[N, P, F]``, logits of stopping ``[N, P + 1]``."""
        seen, state = self._looked(inputs)
        said, stops = [], []
        for step in range(truth.shape[1] + 1):
            state, particle, stop = self._step(seen, state, None if step == 0 else truth[:, step - 1])
            said.append(particle)
            stops.append(stop)
        return torch.stack(said[:-1], 1), torch.stack(stops, 1)

    def say(self, inputs: Sequence[Column], most: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Freely: ``[N, most, F]``, and how many of these count ``[N]``."""
        seen, state = self._looked(inputs)
        said: list[torch.Tensor] = []
        goes_on = torch.ones_like(seen[:, 0], dtype=torch.bool)
        length = torch.zeros_like(goes_on, dtype=torch.int64)
        for _ in range(most):
            state, particle, stop = self._step(seen, state, said[-1] if said else None)
            goes_on = goes_on & (stop < 0)
            length = length + goes_on
            said.append(particle)
        return torch.stack(said, 1), length

    def _looked(self, inputs: Sequence[Column]) -> tuple[torch.Tensor, torch.Tensor]:
        seen = self.encoder(*inputs).relu()
        return seen, self.start(seen).tanh()

    def _step(
        self, seen: torch.Tensor, state: torch.Tensor, before: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """State, particle ``[N, F]`` and logit of stopping in its place ``[N]``, after the particle before."""
        first = before is None
        last = seen.new_zeros(len(seen), self.features) if before is None else before
        flag = seen.new_full((len(seen), 1), float(first))
        state = self.cell(torch.cat([seen, last, flag], 1), state)
        hidden = self.hidden(torch.cat([state, seen], 1))
        return state, self.particle(hidden), self.stop(hidden)[:, 0]
