"""Draws docs/pictures/graph.png: the graphs of one jet in the first and the last edge convolution of a trained network.

hepdl run steering/jet_graph.py -o FOLDER
python docs/make_graph_picture.py FOLDER
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from hepdl_networks.edges import Edges
from hepdl_networks.neighbours import nearest
from safetensors.torch import load_file

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns
from hepdl.events import Events

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection

HERE = Path(__file__).parent
JET = 13
"""Row in the first file of W bosons."""


def jet(steps: list[Any]) -> tuple[Events, Columns]:
    """One jet with all columns of the host steps, and their types."""
    reader, *others = steps
    columns = reader.offers()
    (events,) = reader.blocks(reader.sources()[0], list(columns), JET, JET + 1)
    for step in others:
        if isinstance(step, Algorithm):
            columns = columns.plus(step.declare(columns))
            events = events.plus(step.execute(events))
    return events, columns


def graphs(steps: list[Any], folder: Path) -> tuple[np.ndarray, np.ndarray, list[Edges]]:
    """Angles ``[n, 2]`` and log pT ``[n]`` of the constituents, and the edges of each convolution."""
    events, columns = jet(steps)
    learner = next(step for step in steps if type(step).__name__ == "Supervised")
    module = learner.network.build(columns, 1)
    module.load_state_dict(load_file(folder / "state" / "Supervised.safetensors"))
    particles, angles = (events[name].to("cpu") for name in ("features", "angles"))
    body, found = module.eval().body.body, [nearest(angles, learner.network.k)]
    with torch.no_grad():
        x = body.norm(particles.values)
        for block in body.blocks[:-1]:
            x = block(x, found[-1])
            found.append(nearest(particles.with_values(x), learner.network.k))
    return angles.values.numpy(), events["log_pt"].values, found


def main() -> None:
    """Read the run folder and draw."""
    steps = runpy.run_path(str(HERE.parent / "steering" / "jet_graph.py"))["chain"].steps
    angles, log_pt, found = graphs(steps, Path(sys.argv[1]))
    figure, axes = plt.subplots(1, len(found), figsize=(8, 4.6), sharex=True, sharey=True, layout="constrained")
    for axis, edges, name in zip(axes, found, ("neighbours in Δη, Δφ", "neighbours in learned features"), strict=True):
        ends = angles[np.stack([edges.source.numpy(), edges.target.numpy()], 1)]
        axis.add_collection(LineCollection(ends, colors="tab:blue", linewidths=0.5, alpha=0.35))
        axis.scatter(*angles.T, s=8 * np.exp(log_pt - log_pt.min()) ** 0.6, color="tab:red", alpha=0.8, zorder=2)
        length = np.hypot(*(ends[:, 0] - ends[:, 1]).T).mean()
        axis.set_title(f"{name}\nmean length of an edge {length:.2f}", fontsize=10)
        axis.set(xlabel="Δη", aspect="equal")
    axes[0].set_ylabel("Δφ")
    figure.savefig(HERE / "pictures" / "graph.png", dpi=100)


main()
