"""Descent: some parameters, the optimiser that moves them, and the rate it does so with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from hepdl.learning.parts import Optimizer, Schedule


class Descent:
    """Moves its own parameters down a loss, and no others: what else the loss depends on gets no gradient."""

    def __init__(
        self, parameters: Iterable[torch.nn.Parameter], optimizer: Optimizer, schedule: Schedule, clip: float = 0.0
    ) -> None:
        """``clip`` bounds the norm of the gradient; 0 for no bound."""
        self.parameters = list(parameters)
        self.torch = optimizer.build(self.parameters)
        self._optimizer, self._schedule, self._clip = optimizer, schedule, clip
        self._rates = [group["lr"] for group in self.torch.param_groups]

    def adjust(self, step: int, steps: int, epoch: int) -> None:
        """Set the learning rate for ``step`` of ``steps``: rate × schedule × decay."""
        factor = self._schedule.factor(step, steps) * self._optimizer.decay_factor(epoch)
        for group, rate in zip(self.torch.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor

    def follow(self, loss: Callable[[], torch.Tensor]) -> torch.Tensor:
        """One step down ``loss``; returns its value before the step, on the device."""
        step: Any = self.torch.step  # annotated as if closures gave numbers
        value: torch.Tensor = step(lambda: self._differentiate(loss))
        return value.detach()

    def _differentiate(self, loss: Callable[[], torch.Tensor]) -> torch.Tensor:
        import torch

        value = loss()
        for parameter, gradient in zip(
            self.parameters, torch.autograd.grad(value, self.parameters, allow_unused=True), strict=True
        ):
            parameter.grad = gradient
        if self._clip:
            torch.nn.utils.clip_grad_norm_(self.parameters, self._clip)
        return value

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return self.torch.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From the checkpoint."""
        self.torch.load_state_dict(state)
