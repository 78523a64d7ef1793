"""What the descriptions of this pack have in common, without torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from hepdl.columns import Columns
from hepdl.errors import WiringError

ActivationName = Literal[
    "relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "selu", "softplus", "linear",
    "prelu", "celu", "mish", "relu6", "hardtanh", "hardswish", "softsign",
]  # fmt: skip
CollectName = Literal["sum", "mean", "max", "attention"]
InitialisationName = Literal[
    "default", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal"
]  # fmt: skip


def total_width(columns: Columns, names: Sequence[str], reader: str) -> int:
    """Number of features of these flat columns together; :class:`WiringError` when one is a list of particles."""
    if not names:
        raise WiringError(f"{reader}: inputs is empty, at least one column is needed")
    return sum(math.prod(columns.need_flat(name, reader).shape) for name in names)
