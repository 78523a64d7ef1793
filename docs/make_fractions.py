"""The picture of docs/data.md: share of a rare sample in each batch, without and with a fraction."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

from hepdl import Sample
from hepdl.columns import Columns
from hepdl.data.rows import Rows
from hepdl.data.table import Table
from hepdl.events import Events

COUNTS = {"signal": 307, "background": 15_053}
BATCH = 256


def shares(fraction: float | None) -> list[float]:
    """Share of signal in each batch of an epoch."""
    samples = [Sample(name, "x", fraction=fraction if name == "signal" else None) for name in COUNTS]
    table = Table([Events({"signal": np.full(n, name == "signal")}) for name, n in COUNTS.items()])
    rows = Rows(table, np.arange(len(table)), Columns(), lambda e: e, "cpu", 1, samples=samples)
    return [float(batch["signal"].float().mean()) for batch in rows.batches(["signal"], BATCH, epoch=0)]


def draw(path: Path) -> None:
    """Both, one above the other."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 2.8))
    for fraction, style in ((0.25, "-"), (None, "--")):
        label = f"fraction={fraction}" if fraction else "no fraction"
        axes.step(range(1, 61), shares(fraction)[:60], style, where="mid", label=label)
    axes.set(xlabel="batch of the epoch", ylabel="share of signal", ylim=(0, 0.32), xlim=(1, 60))
    axes.legend(frameon=False, loc="center right")
    figure.savefig(path, dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    draw(Path(__file__).parent / "pictures" / "data_fractions.png")
