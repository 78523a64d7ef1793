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


def depth_concerns(layers: Sequence[int], activations: Sequence[str], eased: bool) -> list[str]:
    """What makes these hidden layers hard to train, in words; ``eased`` by batch norm, layer norm or shortcuts."""
    found = []
    sigmoids = sum(activation == "sigmoid" for activation in activations)
    if sigmoids >= DEEP_FOR_SIGMOID and not eased:
        found.append(
            f"{sigmoids} hidden layers with sigmoid: each lets at most a quarter of the gradient through, so that the "
            f"first ones get less than {0.25**sigmoids:.1g} of it and hardly learn; take relu or silu, residual=True "
            "or batch_norm=True"
        )
    narrow = sum(1 / width for width in layers)
    if narrow > NARROW and not eased:
        found.append(
            f"{len(layers)} hidden layers of width {min(layers)} to {max(layers)} are too narrow for their depth: the "
            f"sum of 1/width is {narrow:.2g}, and the spread of squared gradients at the start is exponential in that "
            "(arXiv:1801.03744); make them wider, fewer, or set residual=True"
        )
    return found


DEEP_FOR_SIGMOID = 4
"""Hidden layers with sigmoid from which on a gradient is worth a word."""
NARROW = 1.0
"""Sum of 1/width above which a network is too narrow for its depth."""
