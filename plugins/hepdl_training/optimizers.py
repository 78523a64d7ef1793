"""Optimisers of torch, as parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.description import parameter
from hepdl.learning.parts import Optimizer

if TYPE_CHECKING:
    import torch


class SGD(Optimizer):
    """Stochastic gradient descent with momentum."""

    rate: float = parameter(0.01, gt=0)
    """Learning rate ε."""
    momentum: float = parameter(0.0, ge=0, lt=1)
    """Share of the last step that is kept in the next one."""
    nesterov: bool = False
    """Take the gradient where the momentum leads."""
    weight_decay: float = parameter(0.0, ge=0)
    """L2 penalty."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        return self

    def concerns(self) -> list[str]:
        """A rate that is far off."""
        return _unusual(type(self).__name__, self.rate, 1e-5, 1.0)

    def build(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """:class:`torch.optim.SGD`."""
        import torch

        return torch.optim.SGD(
            parameters, self.rate, self.momentum, nesterov=self.nesterov, weight_decay=self.weight_decay
        )


class Adam(Optimizer):
    """Adam (Kingma and Ba, arXiv:1412.6980)."""

    rate: float = parameter(0.001, gt=0)
    """Learning rate ε."""
    beta1: float = parameter(0.9, ge=0, lt=1)
    """Memory of the gradient; 0.5 is steadier against an adversary."""
    beta2: float = parameter(0.999, ge=0, lt=1)
    """Memory of the squared gradient."""
    weight_decay: float = parameter(0.0, ge=0)
    """L2 penalty."""

    def concerns(self) -> list[str]:
        """A rate that is far off."""
        return _unusual(type(self).__name__, self.rate, 1e-6, 0.1)

    def build(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """:class:`torch.optim.Adam`, fused where the device can."""
        import torch

        parameters = list(parameters)
        return torch.optim.Adam(
            parameters, self.rate, (self.beta1, self.beta2), weight_decay=self.weight_decay, fused=_can_fuse(parameters)
        )


class AdamW(Adam):
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter, arXiv:1711.05101)."""

    weight_decay: float = parameter(0.01, ge=0)
    """Share of each weight that is taken away in a step, times the rate."""

    def build(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """:class:`torch.optim.AdamW`, fused where the device can."""
        import torch

        parameters = list(parameters)
        return torch.optim.AdamW(
            parameters, self.rate, (self.beta1, self.beta2), weight_decay=self.weight_decay, fused=_can_fuse(parameters)
        )


class LBFGS(Optimizer):
    """Limited-memory BFGS with a strong-Wolfe line search; needs all events in one batch (``batch_size=None``).

    The line search decides on the host, so each step waits for the device.
    """

    rate: float = parameter(1.0, gt=0)
    """Length of the first trial step."""
    iterations: int = parameter(20, ge=1)
    """Most iterations in one step."""
    history: int = parameter(10, ge=1)
    """Number of updates from which the curvature is estimated."""

    @property
    def needs_all_events(self) -> bool:
        """True: a line search on changing batches makes no sense."""
        return True

    def build(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """:class:`torch.optim.LBFGS`."""
        import torch

        return torch.optim.LBFGS(
            parameters, self.rate, self.iterations, history_size=self.history, line_search_fn="strong_wolfe"
        )


def _unusual(name: str, rate: float, low: float, high: float) -> list[str]:
    if low <= rate <= high:
        return []
    how, then = ("small", "it will hardly move") if rate < low else ("large", "the loss will jump or diverge")
    return [f"{name}(rate={rate:g}) is unusually {how}, {then}; usual is {low:g} to {high:g}"]


def _can_fuse(parameters: list[torch.nn.Parameter]) -> bool:
    return all(parameter.device.type in ("cpu", "cuda") for parameter in parameters)
