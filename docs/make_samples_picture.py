"""Draws docs/pictures/samples.png from the samples in data/."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import uproot
from hepdl_reports.style import style
from matplotlib.axes import Axes

ROOT = Path(__file__).parents[1]
SAMPLES = {  # folder: (classes, observable, axis title, bins)
    "quark_gluon": (["quark", "gluon"], "jet_multiplicity", "particles", np.arange(0, 121, 5)),
    "top": (["top", "qcd"], "jet_mass", "mass [GeV]", np.arange(0, 301, 10)),
    "flavour": (["b", "c", "light", "tau"], "track_sd0", r"largest $S_{d_0}$", np.arange(-2, 20.5, 1)),
}


def values(folder: str, name: str, observable: str) -> np.ndarray:
    """One number a jet: the observable, or the largest of a list (0 of none)."""
    files = {str(path): "jets" for path in sorted((ROOT / "data" / folder).glob(f"{name}_*.root"))}
    column = uproot.concatenate(files, [observable], library="np")[observable]
    return np.array([each.max(initial=-99) for each in column]) if column.dtype == object else column


def draw(axes: Axes, folder: str) -> None:
    """Normalised distributions of the classes of one sample."""
    classes, observable, title, bins = SAMPLES[folder]
    for name in classes:
        shown = np.clip(values(folder, name, observable), bins[0], bins[-1] - 1e-3)
        axes.hist(shown, bins, weights=np.full(len(shown), 1 / len(shown)), histtype="step", linewidth=1.5, label=name)
    axes.set(xlabel=title, ylabel="share of jets", title=f"data/{folder}")
    axes.legend(frameon=False)


def main() -> None:
    """The picture."""
    with style():
        figure, panels = plt.subplots(1, 3, figsize=(15, 4.4), layout="constrained")
        for axes, folder in zip(panels, SAMPLES, strict=True):
            draw(axes, folder)
        figure.savefig(ROOT / "docs" / "pictures" / "samples.png", dpi=70)


if __name__ == "__main__":
    main()
