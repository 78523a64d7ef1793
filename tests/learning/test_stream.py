from __future__ import annotations

import torch

from hepdl.learning.stream import Stream, even_size
from tests.learning.material import rows, toy


def test_batches_are_even() -> None:
    assert even_size(75_000, 2048) == 2028
    assert even_size(10, 100) == 10
    assert even_size(0, 10) == 1


def test_each_epoch_has_every_event_once() -> None:
    stream = Stream(rows(toy(100)), ["z"], 30)
    assert stream.steps == 4
    epochs = [torch.cat([next(stream)["z"] for _ in range(4)]) for _ in range(2)]
    assert torch.equal(epochs[0].sort().values, epochs[1].sort().values)
    assert not torch.equal(*epochs)


def test_a_position_is_a_number() -> None:
    stream, other = (Stream(rows(toy(100)), ["z"], 30) for _ in range(2))
    batches = [next(stream)["z"] for _ in range(9)]
    other.seek(6)
    assert torch.equal(next(other)["z"], batches[6])


def test_streams_with_different_keys_shuffle_differently() -> None:
    first, second = (Stream(rows(toy(100)), ["z"], 30, key) for key in (0, 1))
    assert not torch.equal(next(first)["z"], next(second)["z"])


def test_all_events_in_one_batch() -> None:
    part = rows(toy(100))
    stream = Stream(part, ["z"], None)
    assert stream.steps == 1 and next(stream) is next(stream)
    assert torch.equal(next(stream)["z"], part.everything(["z"])["z"])
