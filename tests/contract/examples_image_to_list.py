"""Examples of networks that say lists."""

from __future__ import annotations

from hepdl.algorithms import Convolutional, ImageToList
from hepdl.columns import ColumnType
from tests.contract.examples import IMAGE, Example

LOOK = Convolutional(inputs=["image"], layers=[[4, 3], ["max", 2]], head=[], output="said")

EXAMPLES = [
    Example(
        ImageToList(network=LOOK, target="truth", most=5, width=8),
        IMAGE | {"truth": ColumnType(shape=(2,), jagged=True)},
    ),
    Example(
        ImageToList(network=LOOK, target="truth", most=6, width=4, negative_weights="drop"),
        IMAGE | {"truth": ColumnType(jagged=True)},
    ),
]
