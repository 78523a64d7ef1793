"""MixtureLikelihood: a target that may be one of several things."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hepdl.columns import ColumnType
from hepdl.description import parameter
from hepdl.learning.parts import Loss

if TYPE_CHECKING:
    import torch


class MixtureLikelihood(Loss):
    """−ln L of a target that is distributed as a sum of Gaussians with uncorrelated members (mixture density network,
    Bishop 1994); the column that goes out is their mean. Where the target can go one way or the other, a squared
    distance would blur all its features; this learns the ways and how likely they are. The target should be of order 1.
    """

    components: int = parameter(5, ge=1)
    """Number of Gaussians."""
    min_log_width: float = -7.0
    """Least natural logarithm of a width, in units of the target."""

    def outputs(self, target: ColumnType) -> int:
        """A share, and for each member of the target a mean and the logarithm of a width, for each Gaussian."""
        return self.components * (1 + 2 * target.width)

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """``[N]`` in nats."""
        import torch

        log_share, mean, log_width = self._split(prediction)
        pull = (target.reshape(len(target), 1, mean.shape[2]) - mean) * torch.exp(-log_width)
        each = log_share - (0.5 * pull.square() + log_width + 0.5 * math.log(2 * math.pi)).sum(2)
        return -torch.logsumexp(each, 1)

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        """The mean ``[N]`` or ``[N, F]``."""
        log_share, mean, _ = self._split(prediction)
        result = (log_share.exp()[:, :, None] * mean).sum(1)
        return result[:, 0] if result.shape[1] == 1 else result

    def _split(self, prediction: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Logarithms of the shares ``[N, K]``, means and logarithms of the widths ``[N, K, F]``."""
        import torch

        share, rest = prediction[:, : self.components], prediction[:, self.components :]
        mean, log_width = rest.reshape(len(prediction), self.components, rest.shape[1] // self.components).chunk(2, 2)
        apart = torch.linspace(-1, 1, self.components, device=mean.device, dtype=mean.dtype)  # equal ones stay equal
        return share.log_softmax(1), mean + apart[:, None], log_width.clamp(self.min_log_width, -self.min_log_width)
