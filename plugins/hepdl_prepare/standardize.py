"""Standardize: columns as one group of mean 0 and width 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hepdl_prepare.normalizer import Normalizer

if TYPE_CHECKING:
    from torch import nn

    from hepdl_prepare.sums import Sums


class Standardize(Normalizer):
    """Shifts and scales columns to mean 0 and width 1 over the training part, as one group ``[N, F]``.

    One list of particles ``[n, F]`` in place of the columns is scaled feature by feature over all particles of the
    training part, each with the weight of its event: ``Standardize(["tracks"], output="scaled_tracks")``.
    """

    def scaling(self, features: int, double: bool) -> nn.Module:
        """``(x - mean) / width``."""
        from hepdl_prepare.scaling import Affine

        return Affine(features, double, self.clip)

    def learn(self, sums: Sums, members: Sequence[str]) -> None:
        """Mean and width."""
        mean, variance = sums.moments()
        self.need_variance(members, variance.tolist())
        self.module.mean.copy_(mean)
        self.module.width.copy_(variance.sqrt())
