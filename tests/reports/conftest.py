"""Made-up taggers with known properties: a plain one that follows the nuisance and a pivot that does not."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from hepdl.columns import Columns, ColumnType
from hepdl.events import Events, Jagged
from hepdl.job import Job

matplotlib.use("Agg")


def make_events(n: int = 6000, seed: int = 1, negative: float = 0.1, strengths: tuple[str, ...] = ()) -> Events:
    """Half signal, half background; ``mu`` flat in 0 to 60; a share of weights is negative."""
    random = np.random.default_rng(seed)
    label = random.integers(0, 2, n).astype(np.float32)
    mu = random.uniform(0, 60, n)
    power = np.where(label == 1, 1.2, -0.6) + random.normal(0, 1.2, n)
    pull = np.where(label == 0, mu / 30 - 1, 0.15 * (mu / 30 - 1))
    blur = random.normal(0, 0.9, n)
    columns = {"score_plain": _sigmoid(power + 0.6 * pull), "score": _sigmoid(power + 0.02 * pull + 0.6 * blur)}
    for text in strengths:
        share = 1 / (1 + float(text.replace("p", ".")) / 3)
        columns[f"score_strength_{text}"] = _sigmoid(power + 0.6 * share * pull + 0.6 * (1 - share) * blur)
    columns = {name: values.astype(np.float32) for name, values in columns.items()}
    weight = np.where(random.random(n) < negative, -1.0, 1.0).astype(np.float32)
    part = random.choice(3, n, p=[0.4, 0.2, 0.4]).astype(np.int8)
    return Events(
        {**columns, "mu": mu, "label": label, "weight": weight, "part": part, "sample": label.astype(np.int32)}
    )


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _type(column) -> ColumnType:
    values = column.values if isinstance(column, Jagged) else column
    return ColumnType(str(values.dtype), values.shape[1:], isinstance(column, Jagged))


def job_for(events: Events, folder=None, step: str = "") -> Job:
    columns = Columns({name: _type(events[name]) for name in events})
    return Job(folder=folder, step=step, columns=columns)


def run_report(report, events: Events, folder=None):
    """The report after the final pass over these events, in three blocks."""
    job = job_for(events, folder, report.label)
    report.declare(job.columns)
    report.initialize(job)
    for rows in np.array_split(np.arange(len(events)), 3):
        report.execute(events.take(rows))
    report.finalize()
    return report


@pytest.fixture
def events() -> Events:
    return make_events()
