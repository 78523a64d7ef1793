"""Balance: weights with which all classes have the same sum."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from hepdl.data.rows import Rows
from hepdl.description import Input, Output
from hepdl_prepare.reweighting import Reweighting


class Balance(Reweighting):
    """Weights with which all classes have the same sum over the training part: ``Balance("label")``. The sum over all
    classes stays as it is.
    """

    positional: ClassVar[tuple[str, ...]] = ("per",)

    per: Input = "label"
    """Column with the class of an event."""
    output: Output = "balanced_weight"
    """Column with the new weight, to be named as ``weight`` of a step that learns."""

    def learn(self, rows: Rows, histogram: np.ndarray) -> np.ndarray:
        """Mean sum over sum."""
        found = histogram.sum(1, keepdims=True)
        return found.mean() / found
