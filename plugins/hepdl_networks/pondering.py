"""The cell of :class:`hepdl_networks.adaptive_computation.AdaptiveComputation`."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl_networks.stepping import Cell, Memory

ENOUGH = 0.99
"""1 − ε of the paper: a particle halts where its halting probabilities add up to this."""


class Pondering(Cell):
    """Repeats a cell on one input until it halts, at most ``most`` times; state and answer are means over the steps,
    weighted with the halting probabilities (equations 6 to 8 of arXiv:1603.08983).

    All rows take all steps, and those that have halted get weight 0, so that nothing waits for the device.
    """

    def __init__(self, cell: str, features: int, width: int, most: int) -> None:
        super().__init__()
        self.memory, self.halt = Memory(cell, features + 1, width), nn.Linear(width, 1)
        self.width, self.most = width, most
        nn.init.ones_(self.halt.bias)  # few steps in the beginning

    def start(self, like: torch.Tensor) -> torch.Tensor:
        """Zeros."""
        return self.memory.start(like)

    def forward(self, given: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean hidden numbers and, last, steps + remainder ``[N, width + 1]``; and the mean state."""
        first = given.new_zeros(given.shape[0], 1)
        spent, steps, remainder, mean = first, first, first, torch.zeros_like(state)
        for number in range(self.most):
            flag = torch.full_like(first, float(number == 0))
            state = self.memory(torch.cat([given, flag], 1), state)
            probability = self.halt(state[:, : self.width]).sigmoid()
            running = (spent < ENOUGH).to(probability)
            halts = running * ((spent + probability >= ENOUGH) | (number == self.most - 1)).to(probability)
            share = running * (halts * (1 - spent) + (1 - halts) * probability)
            mean, spent = mean + share * state, spent + share
            steps, remainder = steps + running, remainder + halts * share
        return torch.cat([mean[:, : self.width], steps + remainder], 1), mean


class Priced(nn.Module):
    """Splits the answers ``[n, width + 1]`` for particles into states and prices, and asks in the backward pass for a
    lower mean price too.
    """

    def __init__(self, stepping: nn.Module, cost: float) -> None:
        super().__init__()
        self.stepping, self.cost = stepping, cost

    def forward(self, particles: Jagged) -> Jagged:
        """The states ``[n, width]``."""
        answers = self.stepping(particles)
        states, price = answers.values[:, :-1], answers.values[:, -1:]
        return answers.with_values(_Cost.apply(states, price, self.cost))  # type: ignore[no-untyped-call]


class _Cost(torch.autograd.Function):
    """Values as they are; in the backward pass the gradient of the mean price × cost is added."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, price: torch.Tensor, cost: float) -> torch.Tensor:
        ctx.shape, ctx.slope = price.shape, cost / max(price.shape[0], 1)
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        return gradients[0], gradients[0].new_full(ctx.shape, ctx.slope), None
