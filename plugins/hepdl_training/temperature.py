"""The torch module of :class:`hepdl_training.calibration.TemperatureScaling`."""

from __future__ import annotations

import torch
from torch import nn

from hepdl.learning.parts import Loss

TINY = 1e-7
"""Probabilities nearer to 0 or 1 than this are all the same."""


class Temperature(nn.Module):
    """Probabilities whose logits are divided by a temperature."""

    logarithm: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("logarithm", torch.zeros(()))

    @property
    def temperature(self) -> torch.Tensor:
        """T > 0."""
        return self.logarithm.exp()

    def forward(self, score: torch.Tensor) -> torch.Tensor:
        """Probabilities of class 1 ``[N]`` or of each class ``[N, C]`` → the same at this temperature."""
        logits = logits_of(score) / self.temperature
        return logits[:, 0].sigmoid() if score.dim() == 1 else logits.softmax(1)

    def fit(self, score: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, loss: Loss) -> tuple[float, float]:
        """Find the temperature with the smallest mean loss; that at 1, and that in the end."""
        logits, target = logits_of(score), target.to(score.dtype)
        free = self.logarithm.detach().clone().requires_grad_()

        def mean() -> torch.Tensor:
            values: torch.Tensor = loss.loss(logits / free.exp(), target)
            return (values * weight).sum() / weight.sum()

        def closure() -> torch.Tensor:
            value = mean()
            (free.grad,) = torch.autograd.grad(value, free)
            return value

        before = float(mean().detach())
        torch.optim.LBFGS([free], max_iter=50, line_search_fn="strong_wolfe").step(closure)
        self.logarithm.copy_(free.detach())
        return before, float(mean().detach())


def logits_of(score: torch.Tensor) -> torch.Tensor:
    """``[N, 1]`` or ``[N, C]``: what becomes the score under a sigmoid or softmax."""
    return score.logit(TINY)[:, None] if score.dim() == 1 else score.clamp_min(TINY).log()
