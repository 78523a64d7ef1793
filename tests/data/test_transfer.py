"""What is sent ahead: each pool is received before the next one is sent, on CUDA from pinned memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from hepdl.data import transfer
from hepdl.data.pools import Pools
from hepdl.data.table import Table
from hepdl.data.transfer import Transfer, sent, staging
from hepdl.events import Events

TABLE = Table([Events({"x": np.arange(n, dtype=np.float32) + start}) for n, start in ((5000, 0), (7000, 5000))])
ROWS = [np.arange(5000), np.arange(7000)]


def all_of(device: str) -> np.ndarray:
    """The column after an epoch in pools, in the order in which it came."""
    pools = Pools(TABLE, ROWS, device, pool=4000)
    return np.concatenate([pool.all().host()["x"] for pool in pools.epoch(np.random.default_rng(1))])


def test_a_pool_is_received_before_the_next_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Noted(Transfer):
        @contextmanager
        def beside(self) -> Iterator[None]:
            told.append("send")
            yield

        def receive(self, tensors: Iterable[torch.Tensor]) -> None:
            told.append(f"receive {sum(len(each) for each in tensors)}")

    monkeypatch.setattr(transfer, "Transfer", Noted)
    assert sorted(all_of("cpu")) == list(range(12_000))
    assert told[:2] == ["send", f"receive {told[1].split()[1]}"]
    assert [word.split()[0] for word in told] == ["send", "receive"] * 3
    assert sum(int(word.split()[1]) for word in told[1::2]) == 12_000


def test_on_the_cpu_nothing_is_pinned_or_copied() -> None:
    values = staging((3, 2), torch.zeros(1), "cpu")
    assert not values.is_pinned()
    assert sent(values, "cpu") is values


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_pools_on_cuda_are_those_of_the_cpu() -> None:
    assert staging((3, 2), torch.zeros(1), "cuda").is_pinned()
    np.testing.assert_array_equal(all_of("cuda"), all_of("cpu"))
