"""MinMax: columns from their least to their greatest value onto a range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl_prepare.normalizer import Normalizer, need_bounds

if TYPE_CHECKING:
    from torch import nn

    from hepdl_prepare.sums import Sums


class MinMax(Normalizer):
    """Maps each column linearly so that its least value in the training part becomes the lower end of a range and its
    greatest the upper one; other parts may go beyond, unless ``clip`` says so. Weights do not matter.
    """

    range: list[float] = [0.0, 1.0]
    """What the least and the greatest value become."""

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        need_bounds(self.range or [0.0], "range")
        return self

    def scaling(self, features: int, double: bool) -> nn.Module:
        """``(x - mean) / width``, where ``mean`` is what becomes 0."""
        from hepdl_prepare.scaling import Affine

        return Affine(features, double, self.clip)

    def learn(self, sums: Sums, members: Sequence[str]) -> None:
        """Least and greatest value."""
        least, most = sums.extremes()
        low, high = self.range
        width = (most - least) / (high - low)
        self.module.mean.copy_(least - low * width)
        self.module.width.copy_(width)
