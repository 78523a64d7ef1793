"""Several tasks on one trunk: each is learned, weights and missing labels count in each alone, mistakes are named."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hepdl_networks.dense import Dense
from hepdl_training.losses import CrossEntropy, MeanSquaredError
from hepdl_training.multi_task import MultiTask, Task
from hepdl_training.optimizers import Adam

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ParameterError, WiringError
from hepdl.events import Events, Jagged
from tests.contract.toys import Deep
from tests.learning.material import changed, ready, rows

COLUMNS = Columns(
    tracks=ColumnType(shape=(2,), jagged=True), origin=ColumnType(jagged=True), vertex=ColumnType(jagged=True),
    label=ColumnType(), mass=ColumnType(), weight=ColumnType(),
)  # fmt: skip
TASKS = [
    Task(target="label", output="flavour"),
    Task(target="mass", output="mass_hat", loss=MeanSquaredError(), weight=2.0),
    Task(target="origin", output="origin_score", level="particle"),
    Task(target="vertex", output="together", level="pair", balance=True),
]
STEP = MultiTask(
    network=Deep(inputs=["tracks"], head=[16]), tasks=TASKS, features=16, epochs=20, batch_size=50,
    optimizer=Adam(rate=0.01),
)  # fmt: skip


def jets(events: int = 600, seed: int = 2) -> Events:
    """Jets of class 1 have two tracks from a vertex (number 1), at x = 2 and the same y; the others lie around 0."""
    rng = np.random.default_rng(seed)
    label = (np.arange(events) % 2).astype(np.float32)
    lengths = rng.integers(0, 5, events) + 2 * (label > 0)
    event = np.repeat(np.arange(events), lengths)
    place = np.arange(len(event)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    secondary = (label[event] > 0) & (place < 2)
    height = rng.normal(0, 2, events)
    x = np.where(secondary, 3, 0) + rng.normal(0, 0.7, len(event))
    y = np.where(secondary, height[event], rng.normal(0, 2, len(event)))
    values = {"origin": secondary, "vertex": np.where(secondary, 1, -1)}
    columns = {name: Jagged.from_lengths(column.astype(np.float32), lengths) for name, column in values.items()}
    tracks = Jagged.from_lengths(np.stack([x, y], 1).astype(np.float32), lengths)
    mass = np.bincount(event, x, events).astype(np.float32) / np.maximum(lengths, 1)
    flat = {"label": label, "mass": mass.astype(np.float32), "weight": np.ones(events, np.float32)}
    return Events({"tracks": tracks, **columns, **flat})


def fit(step: MultiTask, table: Events) -> MultiTask:
    step = ready(step, columns=COLUMNS)
    step.fit(rows(table, np.arange(400), columns=COLUMNS), rows(table, np.arange(400, 600), columns=COLUMNS))
    step.module.eval()
    return step


def answers(step: MultiTask, table: Events) -> Events:
    with torch.no_grad():
        return Events(step.execute(table.to("cpu"))).host()


def auc(score: np.ndarray, label: np.ndarray) -> float:
    return float((score[label > 0][:, None] > score[label == 0][None, :]).mean())


def test_each_task_is_learned() -> None:
    table = jets()
    made = answers(fit(STEP, table), table)
    test = np.arange(400, 600)
    assert auc(made["flavour"][test], table["label"][test]) > 0.9
    assert np.corrcoef(made["mass_hat"][test], table["mass"][test])[0, 1] > 0.9
    assert auc(made["origin_score"].values, table["origin"].values) > 0.95
    vertex = table["vertex"]
    true, start = [], 0
    for n in vertex.lengths:
        inside = vertex.values[start : start + n]
        true += [inside[i] == inside[j] == 1 for i in range(n) for j in range(i + 1, n)]
        start += n
    assert made["together"].lengths.tolist() == [n * (n - 1) // 2 for n in vertex.lengths]
    assert auc(made["together"].values, np.array(true, float)) > 0.95


def test_learned_weights() -> None:
    step = fit(STEP.replaced(combine="uncertainty"), jets())
    assert step.module.log_variance.shape == (4,) and step.module.log_variance.abs().min() > 0.01
    assert auc(answers(step, jets())["flavour"], jets()["label"]) > 0.9


def test_the_sum_is_that_of_the_tasks() -> None:
    step, table = ready(STEP, columns=COLUMNS), jets()
    together = step._together()
    train, _ = together.fit(rows(table, columns=COLUMNS), rows(table, columns=COLUMNS), step.job)
    batch = train.everything(together.names)
    losses = {name: float(value.detach()) for name, value in together.losses(step.module, batch).items()}
    each = [losses[f"{task.output}_loss"] for task in TASKS]
    assert losses["loss"] == pytest.approx(each[0] + 2 * each[1] + each[2] + each[3], rel=1e-5)
    over = {name: float(value.detach()) for name, value in together.over(step.module, train).items()}
    assert over == pytest.approx(losses, rel=1e-4)


def test_missing_labels_do_not_count_in_their_task_alone() -> None:
    table = jets()
    mass = table["mass"].copy()
    mass[::2] = np.nan
    part = changed(table, mass=mass)
    losses = []
    for one in (part, table):
        step = ready(STEP, columns=COLUMNS)
        together = step._together()
        train, _ = together.fit(rows(one, columns=COLUMNS), rows(one, columns=COLUMNS), step.job)
        losses.append(together.losses(step.module, train.everything(together.names)))
    assert losses[0]["flavour_loss"].equal(losses[1]["flavour_loss"])
    kept = np.arange(1, 600, 2)
    with torch.no_grad():
        made = answers(step, table)["mass_hat"][kept]
    assert float(losses[0]["mass_hat_loss"].detach()) == pytest.approx(
        ((made - table["mass"][kept]) ** 2).mean(), rel=1e-4
    )


def test_the_order_of_two_particles_does_not_matter() -> None:
    step = ready(STEP, columns=COLUMNS)
    one = Jagged(torch.tensor([[1.0, 2.0], [3.0, -1.0]]), torch.tensor([0, 2]))
    made = [step.module(each)[3].values for each in (one, one.with_values(one.values.flip(0)))]
    assert torch.allclose(*made)


def test_any_network_is_a_trunk() -> None:
    tasks = [Task(target="label", output="a"), Task(target="mass", output="b", loss=MeanSquaredError(), layers=[])]
    step = fit(STEP.replaced(network=Dense(inputs=["mass"], layers=[8]), tasks=tasks), jets())
    assert step.declare(COLUMNS) == {"a": ColumnType(), "b": ColumnType()}
    made = answers(step, jets())
    assert np.corrcoef(made["b"], jets()["mass"])[0, 1] > 0.95


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match="two tasks have the output 'flavour'"):
        STEP.replaced(tasks=[TASKS[0], TASKS[0]])
    with pytest.raises(ParameterError, match="two particles belong together or not: a task on pairs needs a loss"):
        Task(target="vertex", output="x", level="pair", loss=CrossEntropy(classes=3))
    with pytest.raises(ParameterError, match="balance needs a loss with classes, MeanSquaredError has none"):
        Task(target="mass", output="x", balance=True, loss=MeanSquaredError())
    with pytest.raises(ParameterError, match=r"the trunk must answer for events \(answers='event'\)"):
        STEP.replaced(network=Deep(inputs=["tracks"], answers="particle"))
    with pytest.raises(WiringError, match="'flavour' is about each event, so its target must be one value an event"):
        STEP.replaced(tasks=[Task(target="origin", output="flavour")]).declare(COLUMNS)
    with pytest.raises(WiringError, match="'x' is about each particle, so its target must be a list, with one value"):
        STEP.replaced(tasks=[Task(target="label", output="x", level="particle")]).declare(COLUMNS)
    with pytest.raises(WiringError, match="but the trunk, Dense, has no features of particles"):
        STEP.replaced(network=Dense(inputs=["mass"], layers=[8])).declare(COLUMNS)
