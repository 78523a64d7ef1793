"""Frames: the same as frame after frame by hand, and a shower whose order in time is the class."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hepdl_networks.convolutional import Convolutional
from hepdl_networks.dense import Dense
from hepdl_networks.embedded import Embedded
from hepdl_networks.frames import Frames
from hepdl_networks.fusion import Fusion
from hepdl_networks.recurrent import Recurrent
from hepdl_training.optimizers import Adam
from hepdl_training.supervised import Supervised

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events, Jagged
from tests.learning.material import ready, rows

SMALL = Convolutional(inputs=["movie"], layers=[[4, 3], ["max", 2]], head=[], output="frames")
READ = Recurrent(inputs=["frames"], layers=[8], head=[])
BOTH = Frames(frame=SMALL, sequence=READ, features=6)
COLUMNS = Columns({
    "movie": ColumnType(shape=(6, 1, 8, 8)), "list": ColumnType(shape=(1, 8, 8), jagged=True),
    "x": ColumnType(), "label": ColumnType(), "weight": ColumnType(), "short": ColumnType(shape=(5, 1, 8, 8)),
})  # fmt: skip


def test_it_is_the_frame_network_on_each_and_the_other_on_the_list() -> None:
    module = BOTH.build(COLUMNS, 2).eval()
    movie = torch.randn(5, 6, 1, 8, 8)
    features = [torch.stack([module.frame(frame[None])[0] for frame in event]) for event in movie]
    offsets = torch.arange(6) * 6
    expected = module.sequence(Jagged(torch.cat(features), offsets))
    torch.testing.assert_close(module(movie), expected)


def test_lists_of_any_length_and_the_same_as_full_ones() -> None:
    described = BOTH.replaced(inputs=[], frame=SMALL.replaced(inputs=["list"]))
    module = described.build(COLUMNS, 2).eval()
    movie = torch.randn(3, 6, 1, 8, 8)
    whole = module(Jagged(movie.flatten(0, 1), torch.tensor([0, 6, 12, 18])))
    cut = Jagged(torch.cat([movie[0], movie[2, :2]]), torch.tensor([0, 6, 6, 8]))
    got = module(cut)
    torch.testing.assert_close(got[0], whole[0])
    assert got.isfinite().all() and not torch.allclose(got[2], whole[2])


def test_what_its_networks_need_is_prepared() -> None:
    kinds = Embedded(network=Dense(inputs=["x"], layers=[4]), vocabulary={"x": [1, 2]})
    table = showers(40, 1).plus({"x": np.full(40, 3.0, np.float32)})
    step = ready(Supervised(network=Frames(frame=SMALL, sequence=Fusion(networks=[READ, kinds]))), columns=COLUMNS)
    with pytest.raises(BadValues, match="40 of 40 values of 'x' in the training part are not in its vocabulary"):
        step.fit(rows(table, columns=COLUMNS), rows(table, columns=COLUMNS))


def showers(n: int, seed: int) -> Events:
    """A shower whose centre moves outwards (1) or inwards (0) over six frames: each frame alone says nothing, nor does
    their sum."""
    random = np.random.default_rng(seed)
    label = np.arange(n) % 2
    time = np.where(label[:, None] == 1, np.arange(6), np.arange(5, -1, -1))
    angle = random.uniform(0, 2 * np.pi, n)[:, None]
    x, y = 3.5 + 0.6 * time * np.cos(angle), 3.5 + 0.6 * time * np.sin(angle)
    grid = np.arange(8)
    square = (grid[None, None, None, :] - x[..., None, None]) ** 2 + (
        grid[None, None, :, None] - y[..., None, None]
    ) ** 2
    movie = np.exp(-square / 2) + random.normal(0, 0.05, (n, 6, 8, 8))
    return Events({"movie": movie[:, :, None].astype(np.float32), "label": label.astype(np.float32),
                   "weight": np.ones(n, np.float32)})  # fmt: skip


def test_a_shower_is_told_from_the_same_one_backwards() -> None:
    table = showers(1200, 1)
    step = ready(
        Supervised(network=BOTH, epochs=8, batch_size=64, optimizer=Adam(rate=0.01), keep="last"), columns=COLUMNS
    )
    step.fit(rows(table, np.arange(1000), columns=COLUMNS), rows(table, np.arange(1000, 1200), columns=COLUMNS))
    step.module.eval()
    score = step.execute(showers(400, 2).to("cpu"))["score"]
    assert float(((score > 0.5) == (torch.arange(400) % 2 == 1)).float().mean()) > 0.95


def test_what_it_reads() -> None:
    with_x = BOTH.replaced(inputs=[], sequence=READ.replaced(inputs=["frames", "x"]))
    assert with_x.arguments == ["movie", "x"]
    assert set(Supervised(network=with_x).reads()) == {"movie", "x", "label", "weight"}
    assert Supervised(network=with_x).wired("output") == ["score"]
    assert with_x.build(COLUMNS, 1)(torch.zeros(2, 6, 1, 8, 8), torch.zeros(2)).shape == (2, 1)


def test_messages() -> None:
    with pytest.raises(ParameterError, match=r"sequence network reads \['x'\], but the frame network gives 'frames'"):
        Frames(frame=SMALL, sequence=READ.replaced(inputs=["x"]))
    with pytest.raises(WiringError, match="Frames: column 'x' is float32; frames .* or a list of images .* are needed"):
        BOTH.replaced(inputs=[], frame=SMALL.replaced(inputs=["x"])).build(COLUMNS, 1)
    with pytest.raises(WiringError, match=r"differ in the number of frames: {'movie': 6, 'short': 5}"):
        BOTH.replaced(inputs=[], frame=SMALL.replaced(inputs=["movie", "short"])).build(COLUMNS, 1)
