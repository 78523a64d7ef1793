"""Examples of reports about networks."""

from __future__ import annotations

from hepdl.algorithms import FilterReport, LatentReport
from hepdl.columns import ColumnType
from tests.contract.examples import FLOAT, IMAGE, Example

PLANE = {"place": ColumnType(shape=(2,)), "mass": FLOAT, "label": FLOAT}

EXAMPLES = [
    Example(FilterReport(step="Supervised", inputs=["image"]), IMAGE | {"label": FLOAT}),
    Example(LatentReport(latent="place", against=["mass"]), PLANE),
]
