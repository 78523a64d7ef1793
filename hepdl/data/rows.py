"""Rows: one part of the table as a step that learns sees it, after the frozen steps before it, on the device."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hepdl.columns import Columns
from hepdl.data.mixture import TIMES, Mixture, stratified
from hepdl.data.pools import Pools
from hepdl.data.table import Table
from hepdl.events import Column, Events
from hepdl.sources import Sample

if TYPE_CHECKING:
    import torch

    from hepdl.data.packed import Packed
    from hepdl.data.variation import Variation

Prefix = Callable[[Events], Events]
"""The frozen device steps before the one that learns, folded into one function."""

BUCKETS = 64
"""Batches among which events are sorted by length, when batches of equal lengths are asked for."""


@dataclass(frozen=True)
class Made:
    """Flat columns that are made of others on the device."""

    names: Sequence[str]
    reads: Sequence[str]
    make: Callable[[Events], dict[str, Column]]
    """What it makes of an event must not depend on other events."""

    def plus(self, events: Events) -> Events:
        """The events and these columns."""
        return events.plus(self.make(events))


class Rows:
    """Training or validation events: batches of tensors on the device, shuffled by a number.

    The order of epoch ``e`` depends on nothing but the seed and ``e``, so a position in the data is two numbers
    (epoch, batch), and a resumed training meets the same batches.
    """

    def __init__(
        self, table: Table | Events, index: np.ndarray, columns: Columns, prefix: Prefix, device: str, seed: int,
        pool: int | None = None, variation: Variation | None = None, samples: Sequence[Sample] = (),
    ) -> None:  # fmt: skip
        """The rows ``index`` of a table; ``pool`` bounds the events held at once, None holds all of them.

        With a ``variation`` the batches of an epoch are varied; those without an epoch and :meth:`everything` are not.
        ``samples`` are those of the pieces of the table; where one has a fraction, the batches of an epoch are mixed,
        and have a column :data:`~hepdl.data.mixture.TIMES`; what gives each event once has it only where it is named.
        """
        table = table if isinstance(table, Table) else Table([table.host()])
        edges = np.searchsorted(index, table.starts)
        rows = [index[a:b] - start for a, b, start in zip(edges[:-1], edges[1:], table.starts[:-1], strict=True)]
        self.mixture = Mixture(samples, [len(each) for each in rows])
        if self.mixture.mixed:
            times = zip(table.pieces, self.mixture.times, strict=True)
            table = Table([piece.plus({TIMES: np.broadcast_to(time, len(piece))}) for piece, time in times])
        self.columns, self.device, self._waited = columns, device, [0.0]
        self._samples = samples
        self.pools = Pools(table, rows, device, pool, even=self.mixture.mixed)
        self._prefix, self._seed, self._pool = prefix, seed, pool
        self._variation = variation
        self._of_names: dict[tuple[str, ...], Pools] = {}
        self._made: Made | None = None

    @property
    def waited(self) -> float:
        """Seconds in which whoever iterates had to wait for a batch, of these rows or of those with more columns."""
        return self._waited[0]

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
        names = names if epoch is None else self._and_times(names)
        vary = self._variation if epoch is not None and self.varies(names) else None
        held = vary.before(names) if vary else names
        pools = self._pools(held if alike in ("", *held) else [*held, alike])
        for batch in self._shuffled(pools, size, epoch, start, alike):
            if vary is not None and epoch is not None:
                batch = vary.vary(batch, names, epoch)  # noqa: PLW2901
            self._waited[0] += time.perf_counter() - began
            yield batch if len(batch.names) == len(names) else batch.only(names)
            began = time.perf_counter()

    def varies(self, names: Sequence[str]) -> bool:
        """Whether some of these columns are others in each epoch."""
        return self._variation is not None and self._variation.prepares(self._variation.before(names))

    def everything(self, names: Sequence[str]) -> Events:
        """All events in one block, each once, in file order: for full-batch optimisers and fitted statistics."""
        pools = self._pools(names) if self.pools.number == 1 else self._new_pools(names, None)
        return pools.all_at_once().all()

    def of_role(self, role: str) -> Rows:
        """The events of the samples with this role: a stream for labelled events and one for data, say."""
        table, seed = self.pools.table, self._seed
        mine = [number for number, sample in enumerate(self._samples) if sample.role == role]
        index = [self.pools.rows[number] + start for number, start in _starts(table, mine)]
        samples = [self._samples[number] for number in mine]
        part = Table([table.pieces[number] for number in mine]).only([name for name in table.names if name != TIMES])
        every = np.concatenate([np.zeros(0, np.int64), *index])
        return Rows(part, every, self.columns, self._prefix, self.device, seed, self._pool, self._variation, samples)

    def plus(self, made: Made) -> Rows:
        """The same events with flat columns that are made once a pool and not in every batch."""
        rows = copy.copy(self)
        rows._made, rows._of_names = made, {}
        return rows

    @property
    def mixing(self) -> list[str]:
        """The column :data:`~hepdl.data.mixture.TIMES`, where the batches of an epoch are mixed."""
        return [TIMES] if self.mixture.mixed else []

    def _and_times(self, names: Sequence[str]) -> Sequence[str]:
        return list(dict.fromkeys([*names, *self.mixing]))

    def _pools(self, names: Sequence[str]) -> Pools:
        """Pools of these columns alone. What frozen steps make is made when a pool is read, not in every batch."""
        key = tuple(dict.fromkeys(names))
        if key not in self._of_names:
            self._of_names[key] = self._new_pools(key, self._pool)
        return self._of_names[key]

    def _new_pools(self, names: Sequence[str], pool: int | None) -> Pools:
        table, even, made = self.pools.table, self.mixture.mixed, self._made
        if made is None or not set(made.names) & set(names):
            return self._plain_pools(names, pool)
        own = list(dict.fromkeys([*(name for name in names if name not in made.names), *made.reads]))
        if set(own) <= set(table.names):  # lists stay where they are
            return Pools(table.only(own), self.pools.rows, self.device, pool, None, even, _more(made, names))
        finish = self._finish(own)
        return Pools(table, self.pools.rows, self.device, pool, lambda e: made.plus(finish(e)).only(names), even)

    def _plain_pools(self, names: Sequence[str], pool: int | None) -> Pools:
        table, finish, even = self.pools.table, None, self.mixture.mixed
        if set(names) <= set(table.names):
            table = table.only(names)
        else:
            finish = self._finish(names)
        return Pools(table, self.pools.rows, self.device, pool, finish, even)

    def _finish(self, names: Sequence[str]) -> Prefix:
        if self._variation and self._variation.prepares(names):
            return partial(self._variation.prepare, names=names)
        return lambda events: self._prefix(events).only(names)

    def _shuffled(self, pools: Pools, size: int, epoch: int | None, start: int, alike: str) -> Iterator[Events]:
        """Batches may span pools: what is left of one is the head of the next one's first batch."""
        skip, first = self._place(start * size, epoch)
        left: list[Events] = []
        pieces = self.pools.pieces(self._generator(epoch)) if self.mixture.mixed or alike else []
        for number, pool in enumerate(pools.epoch(self._generator(epoch), first), first):
            order = self._order(pool, pieces[number] if pieces else None, epoch, number, size, alike)[skip:]
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

    def _order(
        self, pool: Packed, pieces: np.ndarray | None, epoch: int | None, number: int, size: int, alike: str
    ) -> torch.Tensor:
        """Drawn and kept on the host, so that it is the same on every device and nothing waits for one."""
        import torch

        if epoch is None:
            return torch.arange(len(pool))
        generator = torch.Generator().manual_seed(self._number(epoch, number))
        if pieces is not None and self.mixture.mixed:
            order = torch.from_numpy(self._mixed(pieces, epoch, number))
        else:
            order = torch.randperm(len(pool), generator=generator)
        if alike and pieces is not None:
            order = _by_length(order, pool.lengths(alike), self.mixture.samples[pieces], size, generator)
        return order.pin_memory() if str(self.device).startswith("cuda") else order

    def _mixed(self, pieces: np.ndarray, epoch: int, pool: int) -> np.ndarray:
        """Draws go on from epoch to epoch where one pool holds all, else each pool begins anew."""
        if self.pools.number == 1:
            return self.mixture.order(pieces, lambda *key: np.random.default_rng([self._seed, *key]), epoch)
        return self.mixture.order(pieces, lambda *key: np.random.default_rng([self._number(epoch, pool), *key]), 0)

    def _generator(self, epoch: int | None) -> np.random.Generator | None:
        return None if epoch is None else np.random.default_rng(self._number(epoch, -1))

    def _number(self, epoch: int, pool: int) -> int:
        return (self._seed + epoch * 0x9E3779B97F4A7C15 + (pool + 1) * 0xD1B54A32D192ED03) % 2**63


def _more(made: Made, names: Sequence[str]) -> Callable[[Packed], Packed]:
    return lambda pool: pool.plus(made.make(pool.all())).only(names)


def _starts(table: Table, pieces: Sequence[int]) -> Iterator[tuple[int, int]]:
    """These pieces, and where each begins in a table of them alone."""
    start = 0
    for number in pieces:
        yield number, start
        start += len(table.pieces[number])


def _by_length(
    order: torch.Tensor, lengths: torch.Tensor, strata: np.ndarray, size: int, generator: torch.Generator
) -> torch.Tensor:
    """Sort a shuffled order by length within runs of many batches, and shuffle the whole batches again.

    Each sample is spread evenly over the batches of a run, so that long events of one do not crowd a batch.
    """
    import torch

    def sorted_run(run: torch.Tensor) -> torch.Tensor:
        return run[torch.from_numpy(stratified(strata[run.numpy()], lengths[run].numpy()))]

    batches = torch.split(torch.cat([sorted_run(run) for run in torch.split(order, BUCKETS * size)]), size)
    whole = batches[:-1] if len(batches[-1]) < size else batches
    shuffled = [whole[i] for i in torch.randperm(len(whole), generator=generator).tolist()]
    return torch.cat([*shuffled, *batches[len(whole) :]])
