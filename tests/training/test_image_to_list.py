"""ImageToList: blobs in an image become the list of their places and heights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hepdl_networks.convolutional import Convolutional
from hepdl_networks.dense import Dense
from hepdl_networks.embedded import Embedded
from hepdl_training.image_to_list import ImageToList
from hepdl_training.optimizers import Adam
from hepdl_training.schedules import Cosine

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, WiringError
from hepdl.events import Events, Jagged
from tests.learning.material import ready, rows

COLUMNS = Columns({
    "image": ColumnType(shape=(1, 10, 10)), "blobs": ColumnType(shape=(3,), jagged=True), "weight": ColumnType(),
})  # fmt: skip
LOOK = Convolutional(inputs=["image"], layers=[[8, 3], ["max", 2], [16, 3], ["max", 2]], head=[48], output="said")
STEP = ImageToList(
    network=LOOK, target="blobs", most=4, width=48, epochs=9, batch_size=50, optimizer=Adam(rate=0.006),
    schedule=Cosine(), keep="last",
)  # fmt: skip


def blobs(n: int, seed: int, most: int = 3) -> Events:
    """Images with one to three blobs, and the list (x, y, height) of each, from the highest to the lowest; a place is
    from -1 to 1.
    """
    random = np.random.default_rng(seed)
    lengths = random.integers(1, most + 1, n)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    place, height = random.uniform(-1, 1, (offsets[-1], 2)), random.uniform(0.5, 2.5, offsets[-1])
    event = np.repeat(np.arange(n), lengths)
    order = np.lexsort((-height, event))
    values = np.column_stack([place, height - 1.5])[order].astype(np.float32)
    grid, image = np.linspace(-1, 1, 10), np.zeros((n, 1, 10, 10))
    for i, (x, y, h) in zip(event, values, strict=True):
        image[i, 0] += (h + 1.5) * np.exp(-((grid[None, :] - x) ** 2 + (grid[:, None] - y) ** 2) / 0.08)
    return Events({"image": image.astype(np.float32), "blobs": Jagged(values, offsets),
                   "weight": np.ones(n, np.float32)})  # fmt: skip


def test_blobs_are_told_one_after_the_other() -> None:
    table = blobs(2200, 1, 2)
    step = ready(STEP, columns=COLUMNS)
    step.fit(rows(table, np.arange(2000), columns=COLUMNS), rows(table, np.arange(2000, 2200), columns=COLUMNS))
    step.module.eval()
    fresh = blobs(500, 2, 2)
    with torch.no_grad():
        said = step.execute(fresh.only(["image"]).to("cpu"))["said"].host()
    right = said.lengths == fresh["blobs"].lengths
    assert right.mean() > 0.75
    first, truth = (each.values[each.offsets[:-1][right]] for each in (said, fresh["blobs"]))
    spread = np.sqrt(np.square(truth).mean(0))
    assert (np.sqrt(np.square(first - truth).mean(0)) < 0.5 * spread).all()


def test_the_end_is_taught_and_the_teacher_is_heard() -> None:
    """Against a slow twin: event after event, step after step."""
    table, step = blobs(6, 3).to("cpu"), ready(STEP, columns=COLUMNS)
    module = step.module.eval()
    with torch.no_grad():
        got = step._loss(module, table).tolist()
    for row, loss in enumerate(got):
        truth = table["blobs"].host().take(np.array([row])).values
        seen, state = module._looked([table["image"][row : row + 1]])
        total, before = 0.0, None
        for step_number in range(len(truth) + 1):
            state, particle, stop = module._step(seen, state, before)
            chance = torch.sigmoid(stop[0])
            if step_number == len(truth):
                total -= torch.log(chance)
                break
            before = torch.from_numpy(truth[step_number : step_number + 1])
            total += (particle - before).square().sum() - torch.log(1 - chance)
        assert loss == pytest.approx(total.item(), rel=1e-4)


def test_a_list_ends_where_it_stops_and_may_be_empty() -> None:
    step = ready(STEP, columns=COLUMNS)
    table = blobs(5, 4).to("cpu")
    for bias, length in ((100.0, 0), (-100.0, 4)):
        step.module.stop.bias.data.fill_(bias)
        said = step.execute(table)["said"]
        assert said.lengths.tolist() == [length] * 5 and said.values.shape == (5 * length, 3)


def test_the_encoder_is_prepared() -> None:
    table = blobs(50, 1).plus({"module": np.full(50, 7.0, np.float32)})
    columns = COLUMNS.plus({"module": ColumnType()})
    encoder = Embedded(network=Dense(inputs=["module"], layers=[4], output="said"), vocabulary={"module": [1, 2]})
    step = ready(STEP.replaced(network=encoder), columns=columns)
    with pytest.raises(BadValues, match="50 of 50 values of 'module' in the training part are not in its vocabulary"):
        step.fit(rows(table, columns=columns), rows(table, columns=columns))


def test_messages() -> None:
    with pytest.raises(BadValues, match=r"a list 'blobs' has 3 particles, but at most 2 can be said \(most=2\)"):
        step, table = ready(STEP.replaced(most=2), columns=COLUMNS), blobs(50, 1)
        step.fit(rows(table, columns=COLUMNS), rows(table, columns=COLUMNS))
    with pytest.raises(WiringError, match="target 'weight' is float32; a list of particles .* is needed"):
        STEP.replaced(target="weight").declare(COLUMNS)
