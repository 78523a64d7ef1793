"""Pictures of filters and of what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hepdl_reports.style import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hepdl_reports.activations import Layer

CELL = 1.15
"""Side of a small picture in inches."""
SMALL = 12


def draw_filters(layers: Sequence[Layer], chosen: Sequence[np.ndarray]) -> Figure:
    """A row for each layer: the kernels of the chosen filters, each for the input channel where it is largest; blue
    negative, white 0, red positive.
    """
    rows = []
    for layer, filters in zip(layers, chosen, strict=True):
        kernels = layer.kernels[filters]
        strongest = np.square(kernels).sum((2, 3)).argmax(1)
        rows.append([kernels[place, channel] for place, channel in enumerate(strongest)])
    titles = [f"layer {number}\n{_size(layer.kernels)}" for number, layer in enumerate(layers, 1)]
    return _grid(rows, titles, [[f"#{number}" for number in filters] for filters in chosen], "filters", signed=True)


def draw_activations(
    images: Sequence[np.ndarray], layers: Sequence[Layer], chosen: Sequence[np.ndarray], row: int, name: str
) -> Figure:
    """The channels of the event's images, then a row for each layer: what the chosen filters answer to it."""
    channels = [channel for image in images for channel in image]
    rows = [channels, *([*layer.answers[row, filters]] for layer, filters in zip(layers, chosen, strict=True))]
    titles = ["image", *(f"layer {n}\n{_size(layer.answers)}" for n, layer in enumerate(layers, 1))]
    notes = [[f"channel {i}" for i in range(len(channels))], *([f"#{n}" for n in filters] for filters in chosen)]
    return _grid(rows, titles, notes, name, signed=False)


def _grid(
    rows: list[list[np.ndarray]], titles: Sequence[str], notes: Sequence[Sequence[str]], name: str, signed: bool
) -> Figure:
    width = max(len(row) for row in rows)
    picture = figure(figsize=(CELL * (width + 1.2), CELL * 1.25 * len(rows) + 0.6))
    cells = picture.subplots(len(rows), width, squeeze=False)
    for each, row, title, texts in zip(cells, rows, titles, notes, strict=True):
        _fill(each, row, texts, signed)
        each[0].set_ylabel(title, fontsize=SMALL, rotation=0, ha="right", y=0.5, va="center")
    picture.suptitle(rf"$\mathbf{{hepdl}}$  {name}", fontsize=SMALL + 4)
    return picture


def _fill(cells: Any, row: Sequence[np.ndarray], texts: Sequence[str], signed: bool) -> None:
    """One row, with a scale of its own for each layer of kernels, for each map otherwise."""
    most = max(float(np.abs(each).max()) for each in row) or 1.0
    for place, axes in enumerate(cells):
        if place >= len(row):
            axes.set_axis_off()
            continue
        if signed:
            axes.imshow(row[place], cmap="RdBu_r", vmin=-most, vmax=most, origin="lower")
        else:
            axes.imshow(_root(row[place]), cmap="viridis", origin="lower")
        axes.tick_params(which="both", bottom=False, left=False, top=False, right=False, labelbottom=False,
                         labelleft=False)  # fmt: skip
        axes.set_title(texts[place], fontsize=SMALL, pad=2)


def _root(values: np.ndarray) -> np.ndarray:
    """The root of what is above the least value, so that faint pixels are seen."""
    root: np.ndarray = np.sqrt(values - values.min())
    return root


def _size(images: np.ndarray) -> str:
    return f"{images.shape[-2]}×{images.shape[-1]}"
