"""Augmentations in a run: on in training, off elsewhere, the same for an event on every way to it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from hepdl import Chain, Input, Output
from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data import rows
from hepdl.data.cache import Cache
from hepdl.data.pools import POOL
from hepdl.data.rows import Rows
from hepdl.data.variation import Variation, executed
from hepdl.engine import run
from hepdl.events import Column, Events, Jagged
from hepdl.job import Job
from hepdl.learning.stream import Stream
from tests.contract.toys import Shake, Thin
from tests.memory import Above, Centre, Collect, MemoryReader, sample


class Watch(Learner):
    """Notes what a training sees."""

    column: Input
    """What is watched."""
    output: Output = "watched"
    """A copy of it."""
    size: int | None = 100
    """Events in a batch."""
    seen: ClassVar[dict[str, Any]] = {}

    def build(self, columns: Columns) -> nn.Module:
        return nn.Module()

    def fit(self, train: Rows, validate: Rows) -> None:
        names = [self.column, "entry"]
        stream = Stream(train, names, self.size)
        self.seen["epochs"] = [ordered([next(stream) for _ in range(stream.steps)]) for _ in range(2)]
        self.seen["validation"] = ordered(list(validate.batches(names, 100)))
        self.seen["validation epoch"] = ordered(list(validate.batches(names, 100, epoch=0)))
        self.seen["everything"] = ordered([train.everything(names)])

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.output: events[self.column].clone()}


def ordered(batches: list[Events]) -> tuple[np.ndarray, np.ndarray]:
    """(entries, values) by entry."""
    entries = np.concatenate([batch["entry"] for batch in batches])
    values = np.concatenate([next(column for name, column in batch.items() if name != "entry") for batch in batches])
    order = np.argsort(entries)
    return entries[order], values[order]


def watched(*steps: Any, size: int | None = 100, column: str = "shaken", seed: int = 1, **job: Any) -> dict[str, Any]:
    """What a training behind these steps saw."""
    reader = MemoryReader(sample("a", 1000, 1, label=1), identity=["event"])
    watch = Watch(column=column, size=size)
    run(Chain(reader, *steps, watch, Collect(columns=["x", "entry", "part", column])), Job(seed=seed, **job))
    return dict(Watch.seen)


def plain(part: int) -> np.ndarray:
    events = Collect.seen[0]
    return np.asarray(events["x"][events["part"] == part])


@pytest.mark.parametrize("size", [100, None])
def test_on_in_training_and_off_elsewhere(size: int | None) -> None:
    seen = watched(Shake("x"), size=size)
    (_, first), (_, second) = seen["epochs"]
    for values in (first, second):
        assert np.std(values - plain(0)) == pytest.approx(1, abs=0.1)
    assert np.std(first - second) == pytest.approx(np.sqrt(2), abs=0.15)
    np.testing.assert_array_equal(seen["everything"][1], plain(0))
    np.testing.assert_array_equal(seen["validation"][1], plain(1))
    np.testing.assert_array_equal(seen["validation epoch"][1], plain(1))
    np.testing.assert_array_equal(Collect.seen[0]["shaken"], Collect.seen[0]["x"])


def test_batches_do_not_matter() -> None:
    first, second = (watched(Shake("x"), size=size)["epochs"][0] for size in (100, 7))
    np.testing.assert_array_equal(first[1], second[1])


def test_pools_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = watched(Shake("x"))["epochs"][1]
    monkeypatch.setattr("hepdl.data.pools.POOL", 200)
    pooled = watched(Shake("x"), memory_mb=1e-3)["epochs"][1]
    assert POOL > 200
    np.testing.assert_array_equal(resident[1], pooled[1])


def test_the_cache_does_not_matter(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    none, cold, warm = (watched(Shake("x"), cache=each)["epochs"][1][1] for each in (None, cache, cache))
    np.testing.assert_array_equal(none, cold)
    np.testing.assert_array_equal(none, warm)


def test_a_resumed_training_meets_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[torch.Tensor, torch.Tensor]] = []

    def fit(self: Watch, train: Rows, validate: Rows) -> None:
        stream, resumed = (Stream(train, ["shaken"], 100) for _ in range(2))
        batches = [next(stream)["shaken"] for _ in range(2 * stream.steps)]
        resumed.seek(stream.steps + 3)
        found.append((batches[stream.steps + 3], next(resumed)["shaken"]))

    monkeypatch.setattr(Watch, "fit", fit)
    watched(Shake("x"))
    assert torch.equal(*found[0])


def test_seeds_and_steps_differ() -> None:
    one = watched(Shake("x"))["epochs"][0][1] - plain(0)
    other_seed = watched(Shake("x"), seed=2)["epochs"][0][1] - plain(0)
    other_step = watched(Shake("x", name="second"))["epochs"][0][1] - plain(0)
    for other in (other_seed, other_step):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.2


def test_steps_behind_it_see_the_variation_and_learn_without() -> None:
    """The mean is that of the plain training part, and is subtracted from the varied values."""
    shaken = watched(Shake("x"))["epochs"][0][1]
    centred = watched(Shake("x"), Centre(column="shaken"), column="centred")["epochs"][0][1]
    np.testing.assert_allclose(centred, shaken - plain(0).mean(), atol=1e-6)


def test_what_does_not_need_it_is_made_once_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(Centre, "execute", lambda self, events: calls.append(1) or {"centred": events["x"]})
    watched(Shake("x"), Centre(column="x"), column="centred")
    once = len(calls)
    calls.clear()
    watched(Shake("x"), Centre(column="shaken"), column="centred")
    assert once < 8 < len(calls)


def test_still_on_behind_a_selection_by_what_was_learned() -> None:
    """The selection looks at plain values; what learns behind it sees varied ones."""
    seen = watched(Shake("x"), Centre(column="shaken"), Above("centred", 0.0))
    assert len(Collect.seen[0]) < 1000
    assert np.std(seen["epochs"][0][1] - plain(0)) == pytest.approx(1, abs=0.1)
    np.testing.assert_array_equal(seen["validation"][1], plain(1))


def test_batches_of_alike_lengths_go_by_the_plain_lists() -> None:
    """The number of particles is known before the variation alone."""
    lengths = np.random.default_rng(1).integers(0, 40, 1000)
    table = Events({
        "source": np.zeros(1000, "i4"), "entry": np.arange(1000),
        "pt": Jagged.from_lengths(np.zeros(lengths.sum(), "f4"), lengths),
    })  # fmt: skip
    thin = Thin("pt")
    thin.initialize(Job(columns=Columns(pt=ColumnType(jagged=True))))
    variation = Variation([], [thin])
    train = Rows(table, np.arange(1000), Columns(), partial(executed, steps=[thin]), "cpu", 1, None, variation)
    for batch in train.batches(["entry", "thinned"], 50, epoch=0, alike="thinned"):
        plain_lengths = lengths[batch["entry"].numpy()]
        thinned = batch["thinned"].lengths.numpy()
        assert np.ptp(plain_lengths) < 8
        assert (thinned <= plain_lengths).all() and thinned.sum() < 0.7 * plain_lengths.sum()


def test_rows_without_augmentation_do_not_vary() -> None:
    table = Events({"x": np.arange(5.0)})
    rows_ = rows.Rows(table, np.arange(5), Columns(), lambda events: events, "cpu", 1)
    assert not rows_.varies(["x"])
    assert torch.equal(rows_.everything(["x"])["x"], torch.arange(5.0, dtype=torch.float64))
