"""Rows: one part of the table as a step that learns sees it, after the frozen steps before it, on the device."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hepdl.columns import Columns
from hepdl.data.pools import Pools
from hepdl.data.table import Table
from hepdl.events import Events, Jagged

if TYPE_CHECKING:
    import torch

Prefix = Callable[[Events], Events]
"""The frozen device steps before the one that learns, folded into one function."""

BUCKETS = 64
"""Batches among which events are sorted by length, when batches of equal lengths are asked for."""


class Rows:
    """Training or validation events: batches of tensors on the device, shuffled by a number.

    The order of epoch ``e`` depends on nothing but the seed and ``e``, so a position in the data is two numbers
    (epoch, batch), and a resumed training meets the same batches. ``waited`` adds up the seconds in which whoever
    iterates had to wait for a batch.
    """

    def __init__(
        self, table: Table | Events, index: np.ndarray, columns: Columns, prefix: Prefix, device: str, seed: int,
        pool: int | None = None,
    ) -> None:  # fmt: skip
        """The rows ``index`` of a table; ``pool`` bounds the events held at once, None holds all of them."""
        table = table if isinstance(table, Table) else Table([table.host()])
        edges = np.searchsorted(index, table.starts)
        rows = [index[a:b] - start for a, b, start in zip(edges[:-1], edges[1:], table.starts[:-1], strict=True)]
        self.columns, self.device, self.waited = columns, device, 0.0
        self.pools = Pools(table, rows, device, pool)
        self._prefix, self._seed = prefix, seed

    def __len__(self) -> int:
        return self.pools.count

    def steps(self, size: int) -> int:
        """Number of batches of ``size`` an epoch, the last one maybe smaller."""
        return -(-len(self) // size)

    def batches(
        self, names: Sequence[str], size: int, epoch: int | None = None, start: int = 0, alike: str = ""
    ) -> Iterator[Events]:
        """Batches of the columns ``names`` from batch number ``start`` on, every event once an epoch.

        ``epoch`` gives the shuffle; None keeps the order of the files. ``alike`` names a jagged column: a batch then
        holds events with about as many particles (and batches come in random order).
        """
        began = time.perf_counter()
        finish = self._finish(names)
        for batch in self._raw_batches(size, epoch, start, alike):
            done = finish(batch)
            self.waited += time.perf_counter() - began
            yield done
            began = time.perf_counter()

    def everything(self, names: Sequence[str]) -> Events:
        """All events in one block, in file order: for full-batch optimisers and fitted statistics."""
        table = self.pools.table
        if self._on_host(names):
            table = table.only(names)
        pools = self.pools if self.pools.number == 1 else Pools(table, self.pools.rows, self.device)
        return self._finish(names)(pools.all_at_once())

    def _finish(self, names: Sequence[str]) -> Prefix:
        """From a block of the table to the columns ``names``; columns of the table need no frozen step."""
        if self._on_host(names):
            return lambda events: events.only(names)
        return lambda events: self._prefix(events).only(names)

    def _on_host(self, names: Sequence[str]) -> bool:
        return set(names) <= set(self.pools.table.names)

    def _raw_batches(self, size: int, epoch: int | None, start: int, alike: str) -> Iterator[Events]:
        """Batches may span two pools: what is left of one is the head of the next one's first batch."""
        skip, first = self._place(start * size, epoch)
        left: Events | None = None
        for number, pool in enumerate(self.pools.epoch(self._generator(epoch), first), first):
            order = self._order(pool, epoch, number, size, alike)[skip:]
            skip = 0
            if left is not None:
                head = size - len(left)
                yield Events.joined([left, pool.take(order[:head])])
                order = order[head:]
            whole = len(order) if number == self.pools.number - 1 else len(order) - len(order) % size
            for place in range(0, whole, size):
                yield pool.take(order[place : place + size])
            left = pool.take(order[whole:]) if whole < len(order) else None

    def _place(self, event: int, epoch: int | None) -> tuple[int, int]:
        """Where event number ``event`` of an epoch lies: place in its pool, number of the pool."""
        for number, count in enumerate(self.pools.sizes(self._generator(epoch))):
            if event < count:
                return event, number
            event -= count
        return 0, self.pools.number

    def _order(self, pool: Events, epoch: int | None, number: int, size: int, alike: str) -> torch.Tensor:
        import torch

        n = len(pool)
        if epoch is None:
            return torch.arange(n, device=self.device)
        # drawn on the host, so that the order is the same on every device
        generator = torch.Generator().manual_seed(self._number(epoch, number))
        order = torch.randperm(n, generator=generator).to(self.device)
        return _by_length(order, pool[alike], size, generator) if alike else order

    def _generator(self, epoch: int | None) -> np.random.Generator | None:
        return None if epoch is None else np.random.default_rng(self._number(epoch, -1))

    def _number(self, epoch: int, pool: int) -> int:
        return (self._seed + epoch * 0x9E3779B97F4A7C15 + (pool + 1) * 0xD1B54A32D192ED03) % 2**63


def _by_length(order: torch.Tensor, column: Jagged, size: int, generator: torch.Generator) -> torch.Tensor:
    """Sort a shuffled order by length within runs of many batches, and shuffle the whole batches again."""
    import torch

    runs = [run[torch.argsort(column.lengths[run], stable=True)] for run in torch.split(order, BUCKETS * size)]
    batches = torch.split(torch.cat(runs), size)
    whole = batches[:-1] if len(batches[-1]) < size else batches
    shuffled = [whole[i] for i in torch.randperm(len(whole), generator=generator).tolist()]
    return torch.cat([*shuffled, *batches[len(whole) :]])
