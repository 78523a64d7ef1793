"""FilterReport: what the filters of a convolutional network look like, and what they answer to chosen events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import PrivateAttr

from hepdl.algorithm import Report
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, Inputs, parameter
from hepdl.errors import NothingLeft, ParameterError, WiringError, did_you_mean
from hepdl.events import Events
from hepdl.sources import PARTS
from hepdl_reports.classes import class_name

if TYPE_CHECKING:
    from torch import nn

    from hepdl_reports.activations import Layer

CLASSES = 6
"""Most classes that are shown."""


class FilterReport(Report):
    """Draws the filters of a convolutional network and, for one event of each class (of six at most), what each layer
    makes of its image: ``FilterReport(step="Supervised", inputs=["image"])``.

    Of each layer those filters are shown that answer most to these events; the numbers say how many filters of a layer
    answer to none of them.
    """

    step: str = parameter(min_length=1)
    """Name of the step that has trained the network."""
    inputs: Inputs = parameter(min_length=1)
    """Columns that the network is called with, in its order; images ``[C, H, W]`` among them."""
    target: Input = "label"
    """Column with the class of an event."""
    event: int = parameter(0, ge=0)
    """Which event of each class in the test part, counted from 0."""
    most: int = parameter(8, ge=1)
    """Filters that are shown of a layer."""
    part: str = ""
    """Which network, when the step has trained several: the name of its module, as ``"classifier"``."""
    _chosen: dict[float, Events] = PrivateAttr(default_factory=dict)
    _counts: dict[float, int] = PrivateAttr(default_factory=dict)

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; raises ``WiringError`` when no input is an image."""
        kinds = {name: columns.need(name, self.label) for name in self.inputs}
        if not any(len(kind.shape) == 3 for kind in kinds.values()):
            shown = ", ".join(f"'{name}' is {kind}" for name, kind in kinds.items())
            raise WiringError(f"{self.label}: an image [channels, height, width] is needed, but {shown}")
        columns.need_flat(self.target, self.label)
        return {}

    def execute(self, events: Events) -> None:
        """Keep the one event of each class."""
        label = np.asarray(events[self.target], np.float64).reshape(len(events))
        for value in np.unique(label[np.isfinite(label)])[:CLASSES].tolist():
            rows = np.flatnonzero((label == value) & (events["part"] == PARTS.index("test")))
            place = self.event - self._counts.get(value, 0)
            if 0 <= place < len(rows):
                self._chosen[value] = events.only([*self.inputs, "sample"]).take(rows[place : place + 1])
            self._counts[value] = self._counts.get(value, 0) + len(rows)

    def finalize(self) -> None:
        """Draw."""
        if not self._chosen:
            raise NothingLeft(f"{self.label}: no class has more than {self.event} events in the test part (event="
                              f"{self.event})")  # fmt: skip
        values = sorted(self._chosen)
        self._draw(Events.concatenate([self._chosen[value] for value in values]), values)

    def _draw(self, events: Events, values: list[float]) -> None:
        from hepdl_reports import filter_pictures as pictures
        from hepdl_reports.activations import layers_of
        from hepdl_reports.style import style

        tensors = events.only(self.inputs).to(self.job.device)
        layers = layers_of(self._network(), [tensors[name] for name in self.inputs], self.label)
        images = [events[name] for name in self.inputs if events[name].ndim == 4]
        names = [self._name(events, row, value) for row, value in enumerate(values)]
        chosen = [layer.strongest(self.most) for layer in layers]
        self.job.numbers(self.label, self._numbers(layers, chosen, names))
        with style():
            self.job.picture(f"{self.label}_filters", pictures.draw_filters(layers, chosen))
            for row, name in enumerate(names):
                seen = [image[row] for image in images]
                picture = pictures.draw_activations(seen, layers, chosen, row, name)
                self.job.picture(f"{self.label}_{values[row]:g}", picture)

    def _network(self) -> nn.Module:
        if self.step not in self.job.modules:
            near = did_you_mean(self.step, self.job.modules)
            raise ParameterError(f"{self.label}.step: no step '{self.step}' has a network{near}")
        module = self.job.modules[self.step]
        try:
            found: nn.Module = module.get_submodule(self.part)
        except AttributeError:
            known = [name for name, _ in module.named_children()]
            near = did_you_mean(self.part, known)
            raise ParameterError(f"{self.label}.part: '{self.step}' has no module '{self.part}'{near}") from None
        return found

    def _name(self, events: Events, row: int, value: float) -> str:
        mask = np.arange(len(events)) == row
        return class_name(events, mask, self.job.sources, f"{self.target} {value:g}")

    def _numbers(self, layers: list[Layer], chosen: list[np.ndarray], names: list[str]) -> dict[str, Any]:
        return {
            layer.name: {
                "filters": layer.answers.shape[1],
                "silent": int(layer.silent.sum()),
                "shown": rows.tolist(),
                "mean": dict(zip(names, layer.means[:, rows].tolist(), strict=True)),
            }
            for layer, rows in zip(layers, chosen, strict=True)
        }
