"""Examples of networks over sequences."""

from __future__ import annotations

from hepdl.algorithms import Recurrent
from hepdl.columns import ColumnType
from tests.contract.examples import Example

PARTICLES = {"particles": ColumnType(shape=(3,), jagged=True)}

EXAMPLES = [
    Example(Recurrent(inputs=["particles"], layers=[6], head=[4]), PARTICLES),
    Example(
        Recurrent(
            inputs=["particles", "mu"], cell="GRU", layers=[5, 4], bidirectional=True, dropout=0.1, collect="attention"
        ),
        PARTICLES | {"mu": ColumnType()},
    ),
    Example(Recurrent(inputs=["particles"], cell="tanh", layers=[5], bidirectional=True, collect="max"), PARTICLES),
]
