"""Rows: one part of the table as a step that learns sees it, after the frozen steps before it, on the device."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hepdl.columns import Columns
from hepdl.data.pools import Pools
from hepdl.data.table import Table
from hepdl.events import Events

if TYPE_CHECKING:
    import torch

    from hepdl.data.packed import Packed
    from hepdl.data.variation import Variation

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
        pool: int | None = None, variation: Variation | None = None,
    ) -> None:  # fmt: skip
        """The rows ``index`` of a table; ``pool`` bounds the events held at once, None holds all of them.

        With a ``variation`` the batches of an epoch are varied; those without an epoch and :meth:`everything` are not.
        """
        table = table if isinstance(table, Table) else Table([table.host()])
        edges = np.searchsorted(index, table.starts)
        rows = [index[a:b] - start for a, b, start in zip(edges[:-1], edges[1:], table.starts[:-1], strict=True)]
        self.columns, self.device, self.waited = columns, device, 0.0
        self.pools = Pools(table, rows, device, pool)
        self._prefix, self._seed, self._pool = prefix, seed, pool
        self._variation = variation
        self._of_names: dict[tuple[str, ...], Pools] = {}

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
        vary = self._variation if epoch is not None and self.varies(names) else None
        held = vary.before(names) if vary else names
        pools = self._pools(held if alike in ("", *held) else [*held, alike])
        for batch in self._shuffled(pools, size, epoch, start, alike):
            if vary is not None and epoch is not None:
                batch = vary.vary(batch, names, epoch)  # noqa: PLW2901
            self.waited += time.perf_counter() - began
            yield batch if len(batch.names) == len(names) else batch.only(names)
            began = time.perf_counter()

    def varies(self, names: Sequence[str]) -> bool:
        """Whether some of these columns are others in each epoch."""
        return self._variation is not None and self._variation.prepares(self._variation.before(names))

    def everything(self, names: Sequence[str]) -> Events:
        """All events in one block, in file order: for full-batch optimisers and fitted statistics."""
        pools = self._pools(names) if self.pools.number == 1 else self._new_pools(names, None)
        return pools.all_at_once().all()

    def _pools(self, names: Sequence[str]) -> Pools:
        """Pools of these columns alone. What frozen steps make is made when a pool is read, not in every batch."""
        key = tuple(dict.fromkeys(names))
        if key not in self._of_names:
            self._of_names[key] = self._new_pools(key, self._pool)
        return self._of_names[key]

    def _new_pools(self, names: Sequence[str], pool: int | None) -> Pools:
        table = self.pools.table
        if set(names) <= set(table.names):
            return Pools(table.only(names), self.pools.rows, self.device, pool)
        prefix = self._variation.prepare if self._variation and self._variation.prepares(names) else self._prefix
        return Pools(table, self.pools.rows, self.device, pool, lambda events: prefix(events).only(names))

    def _shuffled(self, pools: Pools, size: int, epoch: int | None, start: int, alike: str) -> Iterator[Events]:
        """Batches may span pools: what is left of one is the head of the next one's first batch."""
        skip, first = self._place(start * size, epoch)
        left: list[Events] = []
        for number, pool in enumerate(pools.epoch(self._generator(epoch), first), first):
            order = self._order(pool, epoch, number, size, alike)[skip:]
            skip, have = 0, sum(len(events) for events in left)
            ends = [*range(size - have, len(order), size), len(order)]
            for begin, end in zip([0, *ends], ends, strict=False):
                left += [pool.take(order[begin:end])] if end > begin else []
                if sum(len(events) for events in left) == size:
                    yield left[0] if len(left) == 1 else Events.joined(left)
                    left = []
        if left:
            yield left[0] if len(left) == 1 else Events.joined(left)

    def _place(self, event: int, epoch: int | None) -> tuple[int, int]:
        """Where event number ``event`` of an epoch lies: place in its pool, number of the pool."""
        for number, count in enumerate(self.pools.sizes(self._generator(epoch))):
            if event < count:
                return event, number
            event -= count
        return 0, self.pools.number

    def _order(self, pool: Packed, epoch: int | None, number: int, size: int, alike: str) -> torch.Tensor:
        """Drawn and kept on the host, so that it is the same on every device and nothing waits for one."""
        import torch

        if epoch is None:
            return torch.arange(len(pool))
        generator = torch.Generator().manual_seed(self._number(epoch, number))
        order = torch.randperm(len(pool), generator=generator)
        if alike:
            order = _by_length(order, pool.lengths(alike), size, generator)
        return order.pin_memory() if str(self.device).startswith("cuda") else order

    def _generator(self, epoch: int | None) -> np.random.Generator | None:
        return None if epoch is None else np.random.default_rng(self._number(epoch, -1))

    def _number(self, epoch: int, pool: int) -> int:
        return (self._seed + epoch * 0x9E3779B97F4A7C15 + (pool + 1) * 0xD1B54A32D192ED03) % 2**63


def _by_length(order: torch.Tensor, lengths: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Sort a shuffled order by length within runs of many batches, and shuffle the whole batches again."""
    import torch

    runs = [run[torch.argsort(lengths[run], stable=True)] for run in torch.split(order, BUCKETS * size)]
    batches = torch.split(torch.cat(runs), size)
    whole = batches[:-1] if len(batches[-1]) < size else batches
    shuffled = [whole[i] for i in torch.randperm(len(whole), generator=generator).tolist()]
    return torch.cat([*shuffled, *batches[len(whole) :]])
