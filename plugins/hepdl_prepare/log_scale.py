"""LogScale: the logarithm of columns, of mean 0 and width 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from hepdl.description import parameter
from hepdl.errors import BadValues
from hepdl_prepare.normalizer import Normalizer

if TYPE_CHECKING:
    from torch import nn

    from hepdl_prepare.sums import Sums


class LogScale(Normalizer):
    """Takes the logarithm of columns, for spectra over decades, then shifts and scales it to mean 0 and width 1.

    ``"signed"`` is sign(x) ln(1 + |x| / unit): linear below ``unit``, logarithmic above, for any sign. ``"plain"`` is
    ln(x / unit) for columns that are positive in all training events; elsewhere, what is below the least training
    value counts as that.
    """

    kind: Literal["signed", "plain"] = "signed"
    """Which logarithm."""
    unit: float = parameter(1.0, gt=0)
    """What x is divided by."""
    standardize: bool = True
    """Shift and scale the logarithm; otherwise it comes out as it is."""

    def scaling(self, features: int, double: bool) -> nn.Module:
        """The logarithm, then ``(y - mean) / width``."""
        from hepdl_prepare.scaling import Logarithmic

        return Logarithmic(features, double, self.clip, self.unit, self.kind == "signed")

    def learn(self, sums: Sums, members: Sequence[str]) -> None:
        """Least value, mean and width of the logarithm; :class:`BadValues` for "plain" of what is not positive."""
        least, _ = sums.extremes()
        for name, value in zip(members, least.tolist(), strict=True):
            if self.kind == "plain" and not value > 0:
                raise BadValues(
                    f"{self.label}: column '{name}' goes down to {value:g} in the training events, which has no "
                    'logarithm; take kind="signed", or reject such events with a Filter'
                )
        self.module.floor.copy_(least)
        if self.standardize:
            mean, variance = sums.moments(self.module.logarithm)
            self.need_variance(members, variance.tolist())
            self.module.mean.copy_(mean)
            self.module.width.copy_(variance.sqrt())
