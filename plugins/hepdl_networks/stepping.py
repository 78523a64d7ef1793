"""Cells that torch has no fused loop for, run over the particles of each list one after the other."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl_networks.recurrence import Places

CELLS: dict[str, type[nn.RNNCellBase]] = {"tanh": nn.RNNCell, "LSTM": nn.LSTMCell, "GRU": nn.GRUCell}


class Cell(nn.Module):
    """One step of a recurrence: ``forward(input [N, F], state) -> (answer [N, width], state)``."""

    width: int

    def start(self, like: torch.Tensor) -> Any:
        """The state before the first particle, for ``N`` rows on the device of ``like`` ``[N, ...]``."""
        raise NotImplementedError


class Stepping(nn.Module):
    """A cell over lists, from ``[n, F]`` to ``[n, width]``; what is behind the end of a list is run, but not seen."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, particles: Jagged) -> Jagged:
        """The cell's answer for each particle."""
        places = Places(particles)
        block = places.padded(particles.values)
        state, answers = self.cell.start(block), []
        for step in block.unbind(1):
            answer, state = self.cell(step, state)
            answers.append(answer)
        return particles.with_values(places.packed(torch.stack(answers, 1)))


class Memory(nn.Module):
    """A torch cell whose state is one tensor ``[N, numbers]``: hidden numbers first, then an LSTM's inner ones."""

    def __init__(self, cell: str, features: int, width: int) -> None:
        super().__init__()
        self.cell, self.width = CELLS[cell](features, width), width
        self.numbers = 2 * width if cell == "LSTM" else width

    def start(self, like: torch.Tensor) -> torch.Tensor:
        """Zeros ``[N, numbers]``."""
        return like.new_zeros(like.shape[0], self.numbers)

    def forward(self, given: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """The next state."""
        if self.numbers == self.width:
            after: torch.Tensor = self.cell(given, state)
            return after
        return torch.cat(self.cell(given, (state[:, : self.width], state[:, self.width :])), 1)
