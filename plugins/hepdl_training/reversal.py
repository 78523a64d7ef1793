"""A layer that reverses gradients, and the adversary behind it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from hepdl.learning.weights import weighted_mean

EPSILON = 1e-4
"""Scores nearer to 0 or 1 than this look alike to the adversary."""


class _Reversed(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, values: torch.Tensor, factor: float) -> torch.Tensor:
        context.factor = factor
        return values.view_as(values)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        return -context.factor * gradients[0], None


def reversed_gradient(values: torch.Tensor, factor: float = 1.0) -> torch.Tensor:
    """The same values; what flows back is multiplied by −factor (arXiv:1505.07818, equation 15)."""
    made: torch.Tensor = _Reversed.apply(values, factor)  # type: ignore[no-untyped-call]
    return made


class ReversedAdversary(nn.Module):
    """The torch module of :class:`hepdl_training.penalties.GradientReversal`."""

    def __init__(self, adversary: nn.Module, factor: float) -> None:
        super().__init__()
        self.adversary, self.factor = adversary, factor

    def prepare(self, nuisance: torch.Tensor, weight: torch.Tensor) -> None:
        """What the adversary needs."""
        self.adversary.prepare(nuisance, weight)  # type: ignore[operator]

    def check(self, nuisance: torch.Tensor) -> None:
        """What the adversary can have a probability for."""
        self.adversary.check(nuisance)  # type: ignore[operator]

    def forward(self, score: torch.Tensor, nuisance: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """−⟨log r(z | s)⟩ in nats, seen with a reversed gradient by the score."""
        seen = reversed_gradient(score.logit(EPSILON), self.factor)
        return -weighted_mean(self.adversary.log_prob(nuisance, seen), weight)  # type: ignore[operator]
