"""The torch module of :class:`hepdl_networks.recurrent.Recurrent`: recurrent layers over lists."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from hepdl.events import Jagged

CELLS: dict[str, type[nn.RNNBase]] = {"tanh": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


class Recurrence(nn.Module):
    """Recurrent layers one on the other, from a list of ``[n, F]`` to the list of states ``[n, width]``.

    Lists are padded at their end, which a layer only reaches after all particles. A backward layer gets each list
    turned round, so that this holds for it too.
    """

    def __init__(self, cell: str, features: int, layers: Sequence[int], bidirectional: bool, dropout: float) -> None:
        super().__init__()
        directions = 2 if bidirectional else 1
        widths = [features, *(directions * width for width in layers[:-1])]
        self.width = directions * layers[-1]
        self.layers = nn.ModuleList(
            nn.ModuleList(CELLS[cell](inputs, width, batch_first=True) for _ in range(directions))
            for inputs, width in zip(widths, layers, strict=True)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, particles: Jagged) -> Jagged:
        """The states ``[n, width]`` of the last layer."""
        values, places = particles.values, Places(particles)
        for number, layer in enumerate(self.layers):
            values = self.dropout(values) if number else values
            values = torch.cat([_run(run, values, places, number > 0) for number, run in enumerate(layer)], 1)
        return particles.with_values(values)


class Places:
    """Where particles lie in a block ``[N, P]`` that is padded up to the longest list, forwards and backwards."""

    def __init__(self, particles: Jagged) -> None:
        self.steps = max(particles.longest, 1)
        self._shape = (len(particles), self.steps)
        event = particles.event_index()
        first = particles.offsets[event]
        place = torch.arange(len(event), device=event.device) - first
        self.forwards = event * self.steps + place
        self.backwards = event * self.steps + particles.lengths[event] - 1 - place

    def padded(self, values: torch.Tensor, backwards: bool = False) -> torch.Tensor:
        """Values ``[n, F]`` of the particles as ``[N, P, F]``, 0 behind the end of a list."""
        block = values.new_zeros(self._shape[0] * self.steps, values.shape[1])
        filled = block.index_add(0, self.backwards if backwards else self.forwards, values)
        return filled.reshape(*self._shape, values.shape[1])

    def packed(self, block: torch.Tensor, backwards: bool = False) -> torch.Tensor:
        """What a block ``[N, P, F]`` holds for the particles, ``[n, F]``."""
        return block.flatten(0, 1)[self.backwards if backwards else self.forwards]


def _run(layer: nn.Module, values: torch.Tensor, places: Places, backwards: bool) -> torch.Tensor:
    states, _ = layer(places.padded(values, backwards))
    return places.packed(states, backwards)
