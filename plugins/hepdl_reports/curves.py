"""Loss curves from the metrics of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hepdl_reports.style import COLOURS, figure, stamp

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hepdl.job import Job

Curve = dict[str, list[tuple[int, float]]]
"""Phase of a training → (epoch, loss)."""
CROWD = 3
"""With more phases than this, only the validation loss of each is drawn."""


def read_losses(path: Path) -> dict[str, dict[str, Curve]]:
    """Step → loss → curves; an epoch that was trained again after a resume counts once."""
    entries: dict[tuple[str, str, int], dict[str, Any]] = {}
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        if "epoch" in entry:
            entries[entry.get("step", ""), entry.get("phase", ""), entry["epoch"]] = entry
    curves: dict[str, dict[str, Curve]] = {}
    for (step, phase, epoch), entry in entries.items():
        for name in (name for name in entry if name.endswith("loss") and entry[name] is not None):
            curve = curves.setdefault(step, {}).setdefault(name, {}).setdefault(phase, [])
            curve.append((epoch, float(entry[name])))
    return curves


def picture_losses(job: Job, label: str) -> None:
    """The pictures ``<label>_losses_<step>`` of all steps that have losses so far."""
    path = job.path("metrics.jsonl")
    for step, losses in read_losses(path).items() if path is not None and path.exists() else ():
        job.picture(f"{label}_losses_{step}", draw_losses(losses))


def draw_losses(losses: dict[str, Curve]) -> Figure:
    """A panel for each loss of one step; training solid, validation dashed, a colour for each phase."""
    from matplotlib.ticker import MaxNLocator, NullLocator

    names = [name for name in losses if not name.startswith("validation_")] or list(losses)
    phases = list(dict.fromkeys(phase for curve in losses.values() for phase in curve))
    colours = {phase: COLOURS[i % len(COLOURS)] for i, phase in enumerate(phases)}
    picture = figure(figsize=(7.0, 2.6 + 2.9 * len(names)))
    panels = picture.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        _panel(axes, losses[name], losses.get(f"validation_{name}", {}), colours)
        axes.set_ylabel(name.replace("_", " ").capitalize())
    panels[-1].set_xlabel("Epoch")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[-1].xaxis.set_minor_locator(NullLocator())
    stamp(panels[0], right="training solid, validation dashed" if len(phases) <= CROWD else "validation")
    picture.legend(*_handles(colours), loc="outside lower center", ncols=2, fontsize=14)
    return picture


def _panel(axes: Axes, training: Curve, validation: Curve, colours: dict[str, str]) -> None:
    crowd = len(colours) > CROWD and bool(validation)
    for curve, line in [(validation, "-")] if crowd else [(training, "-"), (validation, "--")]:
        for phase, points in curve.items():
            marker = "." if len(points) == 1 else None
            axes.plot(*zip(*sorted(points), strict=True), line, marker=marker, color=colours[phase], lw=1.8)


def _handles(colours: dict[str, str]) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=colour) for colour in colours.values()], [phase or "training" for phase in colours]
