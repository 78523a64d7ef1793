"""RobustScale: columns shifted by their median and divided by the distance of two quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.errors import BadValues
from hepdl_prepare.normalizer import Normalizer, need_bounds

if TYPE_CHECKING:
    from torch import nn

    from hepdl_prepare.sums import Sums


class RobustScale(Normalizer):
    """Subtracts the median and divides by the interquartile range of the training part, which a few far outliers do
    not move; weights count in both.
    """

    between: list[float] = [0.25, 0.75]
    """Probabilities of the two quantiles whose distance becomes 1."""

    @model_validator(mode="after")
    def _check_between(self) -> Self:
        need_bounds(self.between, "between")
        if not self.between or self.between[0] < 0 or self.between[1] > 1:
            raise ValueError(f"between is two probabilities from 0 to 1 that ascend, but it is {self.between}")
        return self

    def scaling(self, features: int, double: bool) -> nn.Module:
        """``(x - mean) / width`` with the median as mean."""
        from hepdl_prepare.scaling import Affine

        return Affine(features, double, self.clip)

    def learn(self, sums: Sums, members: Sequence[str]) -> None:
        """Median and distance; :class:`BadValues` where the distance is 0, since most values are the same."""
        import torch

        low, median, high = sums.quantiles(torch.tensor([self.between[0], 0.5, self.between[1]])).unbind(1)
        for name, width, value in zip(members, (high - low).tolist(), low.tolist(), strict=True):
            if not width > 0:
                raise BadValues(
                    f"{self.label}: column '{name}' is {value:g} from the quantile {self.between[0]:g} to "
                    f"{self.between[1]:g} of the training events; take a wider range with between, or Standardize"
                )
        self.module.mean.copy_(median)
        self.module.width.copy_(high - low)
