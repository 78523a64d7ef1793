"""Averages of weights over the end of a training (Polyak and Juditsky, SIAM J. Control Optim. 30, 838)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn


class Average:
    """The exponential moving average of a module over the last ``fraction`` of a phase.

    Its memory grows with the number of steps averaged, up to ``memory`` of them, so that it needs no warm-up
    correction. Buffers are averaged as well; those that count in integers are copied.
    """

    def __init__(self, module: nn.Module, fraction: float = 0.0, memory: int = 1000) -> None:
        self.module = module
        self.averaged = copy.deepcopy(module).requires_grad_(False)
        self._fraction, self._memory = fraction, memory
        self._steps = 0

    @property
    def current(self) -> nn.Module:
        """The average when there is one already, else the module itself."""
        return self.averaged if self._steps else self.module

    def update(self, progress: float) -> None:
        """Take the module's weights in at this place of the phase (0 begin, 1 end)."""
        import torch

        if progress < 1 - self._fraction:
            return
        self._steps += 1
        share = max(1 / self._steps, 1 / self._memory)
        mine, theirs = _split(self.averaged), _split(self.module)
        with torch.no_grad():
            torch._foreach_lerp_(mine[0], theirs[0], share)
            for kept, new in zip(mine[1], theirs[1], strict=True):
                kept.copy_(new)

    def settle(self) -> None:
        """Give the module the averaged weights, at the end of a phase."""
        self.module.load_state_dict(self.current.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"steps": self._steps, "averaged": self.averaged.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """From the checkpoint."""
        self._steps = state["steps"]
        self.averaged.load_state_dict(state["averaged"])


def _split(module: nn.Module) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    tensors = [*module.parameters(), *module.buffers()]
    return [t for t in tensors if t.is_floating_point()], [t for t in tensors if not t.is_floating_point()]
