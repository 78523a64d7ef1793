"""Examples of networks over frames in time."""

from __future__ import annotations

from hepdl.algorithms import Convolutional, Frames, Recurrent
from hepdl.columns import ColumnType
from tests.contract.examples import FLOAT, Example

FRAME = Convolutional(inputs=["movie"], layers=[[4, 3], ["max", 2]], head=[], output="frames")
READ = Recurrent(inputs=["frames"], layers=[5], head=[4])

EXAMPLES = [
    Example(Frames(frame=FRAME, sequence=READ, features=6), {"movie": ColumnType(shape=(3, 1, 4, 4))}),
    Example(
        Frames(frame=FRAME, sequence=READ.replaced(inputs=["frames", "energy"]), features=3),
        {"movie": ColumnType(shape=(2, 4, 4), jagged=True), "energy": FLOAT},
    ),
]
