"""The cell of :class:`hepdl_networks.neural_turing_machine.NeuralTuringMachine`."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from hepdl_networks.stepping import Cell, Memory

State = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""State of the controller, memory ``[N, slots, cells]``, places of all heads ``[N, 2 H, slots]``, what was read."""


class ExternalMemory(Cell):
    """An LSTM with heads that read and heads that write (arXiv:1410.5401, section 3); it answers with its hidden
    numbers and what was read.
    """

    def __init__(self, features: int, width: int, memory: tuple[int, int], heads: int, shift: int) -> None:
        super().__init__()
        self.slots, self.cells = memory
        self.heads, self.shifts = heads, 2 * shift + 1
        self.controller = Memory("LSTM", features + heads * self.cells, width)
        self.address = nn.Linear(width, 2 * heads * (self.cells + 3 + self.shifts))
        self.change = nn.Linear(width, 2 * heads * self.cells)
        self.places = nn.Parameter(torch.zeros(2 * heads, self.slots))
        self.rows = nn.Parameter(torch.randn(self.cells) * 0.05)
        nn.init.constant_(self.places[:, 0].detach(), 10.0)  # heads start at the first row
        asks = self.address.bias.detach().unflatten(0, (2 * heads, self.cells + 3 + self.shifts))
        nn.init.constant_(asks[:, self.cells + 1], -1.0)  # and rather stay than look for something
        self.width = width + heads * self.cells

    def start(self, like: torch.Tensor) -> State:
        """An empty memory, with the heads at learned places."""
        n = like.shape[0]
        memory = self.rows.expand(n, self.slots, self.cells)
        places = self.places.softmax(1).expand(n, *self.places.shape)
        read = like.new_zeros(n, self.heads * self.cells)
        return self.controller.start(like), memory, places, read

    def forward(self, given: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """Move the heads, read, then write (equations 2 to 4)."""
        controller, memory, places, read = state
        controller = self.controller(torch.cat([given, read], 1), controller)
        hidden = controller[:, : self.controller.width]
        places = self.moved(hidden, memory, places)
        read = (places[:, : self.heads] @ memory).flatten(1)
        return torch.cat([hidden, read], 1), (controller, self.written(hidden, memory, places), places, read)

    def moved(self, hidden: torch.Tensor, memory: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Where the heads are now ``[N, 2 H, slots]`` (equations 5 to 9)."""
        asked = self.address(hidden).unflatten(1, (2 * self.heads, self.cells + 3 + self.shifts))
        key, strength, gate, sharpness, shift = asked.split([self.cells, 1, 1, 1, self.shifts], 2)
        alike = functional.normalize(key.tanh(), dim=2) @ functional.normalize(memory, dim=2).transpose(1, 2)
        found = (functional.softplus(strength) * alike).softmax(2)
        gate = gate.sigmoid()
        mixed = gate * found + (1 - gate) * places
        reach, ways = self.shifts // 2, shift.softmax(2)
        steps = [mixed.roll(way - reach, 2) * ways[:, :, way, None] for way in range(self.shifts)]
        sharp = torch.stack(steps).sum(0).clamp_min(1e-12) ** (1 + functional.softplus(sharpness))
        return sharp / sharp.sum(2, keepdim=True)

    def written(self, hidden: torch.Tensor, memory: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """The memory after erasing and adding."""
        erase, add = self.change(hidden).reshape(len(hidden), self.heads, 2 * self.cells).chunk(2, 2)
        where = places[:, self.heads :, :, None]
        kept = (1 - where * erase.sigmoid()[:, :, None]).prod(1)
        return memory * kept + (where * add.tanh()[:, :, None]).sum(1)
