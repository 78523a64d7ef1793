"""Events, rows and prepared steps in memory: what tests of trainings need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from hepdl.algorithm import DeviceAlgorithm
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.events import Events
from hepdl.job import Job

COLUMNS = Columns(
    {"x": ColumnType(shape=(2,)), "z": ColumnType(), "label": ColumnType(), "weight": ColumnType(),
     "label == 1": ColumnType("bool")}
)  # fmt: skip


def toy(events: int = 600, seed: int = 1) -> Events:
    """The toy of arXiv:1611.01046: x depends on z in the signal."""
    rng = np.random.default_rng(seed)
    label = (np.arange(events) % 2).astype(np.float32)
    z, a = rng.normal(size=events), rng.normal(size=(events, 2))
    background = np.stack([a[:, 0], -0.5 * a[:, 0] + np.sqrt(0.75) * a[:, 1]], 1)
    x = np.where(label[:, None] > 0, a + np.stack([np.ones(events), 1 + z], 1), background)
    return Events({
        "x": x.astype(np.float32), "z": z.astype(np.float32), "label": label,
        "weight": np.ones(events, np.float32), "label == 1": label > 0,
    })  # fmt: skip


def changed(table: Events, **columns: np.ndarray) -> Events:
    """The table with some columns replaced."""
    return Events(table.columns() | columns)


def rows(table: Events, index: np.ndarray | None = None, seed: int = 1, columns: Columns = COLUMNS) -> Rows:
    """These events as a step that learns sees them."""
    index = np.arange(len(table)) if index is None else index
    return Rows(table, index, columns, lambda events: events, "cpu", seed)


def ready(step: Any, folder: Path | None = None, columns: Columns = COLUMNS, **job: Any) -> Any:
    """A copy of a step, initialised and built as the engine does it."""
    copy: DeviceAlgorithm = step.model_copy(deep=True)
    copy.initialize(Job(folder=folder, **job).for_step(step.label, columns))
    torch.manual_seed(copy.job.seed_of("build"))
    copy._module = copy.build(columns)
    return copy


def bits(step: Any) -> dict[str, bytes]:
    """The learned state, to be compared bit for bit."""
    return {name: tensor.numpy().tobytes() for name, tensor in step.module.state_dict().items()}
