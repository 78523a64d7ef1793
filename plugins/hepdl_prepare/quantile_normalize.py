"""QuantileNormalize: columns with a uniform or normal distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from hepdl.description import parameter
from hepdl_prepare.normalizer import Normalizer

if TYPE_CHECKING:
    from torch import nn

    from hepdl_prepare.sums import Sums


class QuantileNormalize(Normalizer):
    """Gives each column a uniform or normal distribution over the weighted training part: what comes out is the
    probability of a smaller value. A value that many events share gets the middle of their probabilities.

    All training events are held in memory at once while the quantiles are found.
    """

    distribution: Literal["uniform", "normal"] = "normal"
    """Uniform from 0 to 1, or normal of mean 0 and width 1, cut at 5.2."""
    quantiles: int = parameter(1000, ge=2)
    """Number of quantiles, at equal steps of probability, between which the function is linear."""

    def scaling(self, features: int, double: bool) -> nn.Module:
        """A :class:`hepdl_prepare.scaling.Quantiles`."""
        from hepdl_prepare.scaling import Quantiles

        return Quantiles(features, self.quantiles, double, self.clip, self.distribution == "normal")

    def learn(self, sums: Sums, members: Sequence[str]) -> None:
        """The quantiles."""
        import torch

        self.module.knots.copy_(sums.quantiles(torch.linspace(0, 1, self.quantiles, dtype=torch.float64)))
