"""Examples of networks on pairs."""

from __future__ import annotations

from hepdl.algorithms import Dense, Siamese
from hepdl.columns import ColumnType
from tests.contract.examples import TAGGING, Example

PAIR = {"features": ColumnType(shape=(3,)), "other": ColumnType(shape=(3,)), "label": ColumnType()}


def network() -> Dense:
    """A small network."""
    return Dense(inputs=["features"], layers=[8], output="place")


EXAMPLES = [
    Example(Siamese(network=network(), negative_weights="absolute"), TAGGING),
    Example(Siamese(network=network(), loss="triplet", negative_weights="drop"), TAGGING),
    Example(Siamese(network=network(), loss="infonce", dimension=4), TAGGING),
    Example(Siamese(network=network(), partner=["other"], average=0.5), PAIR),
    Example(Siamese(network=network(), partner=["other"], loss="infonce"), PAIR),
]
