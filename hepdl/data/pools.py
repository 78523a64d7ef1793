"""Pools: the events of one part, either all at once on the device, or pool after pool in a stratified random order.

When a part fits into the memory it is given, there is one pool that holds all of it and stays where it is. Otherwise
each file's events are cut into blocks, the blocks are dealt out so that every pool holds its share of every file
(unstratified blocks cost up to 0.05 AUC), and the next pool is read in the background while this one is used. The
order of an epoch depends on the seed and the epoch alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hepdl.data.allocator import give_back_large
from hepdl.data.table import Table
from hepdl.data.tensors import device_ready
from hepdl.events import Events
from hepdl.job import Job

if TYPE_CHECKING:
    from hepdl.data.packed import Packed
    from hepdl.data.transfer import Transfer

POOL = 32_768
"""Fewest events in a pool, so that a shuffle within it is a good one."""
BLOCK = 1024
"""Events read together: the smallest run that a disk delivers at its full speed."""
FEWEST = 16
"""Events in the shortest block."""
AT_ONCE = 65_536
"""Events that frozen steps see at once."""


@dataclass(frozen=True)
class Block:
    """Some rows of one file, in order and close together."""

    piece: int
    rows: np.ndarray


class Pools:
    """The selected rows of a table as a sequence of pools on the device."""

    def __init__(
        self, table: Table, rows: list[np.ndarray], device: str, pool: int | None = None,
        finish: Callable[[Events], Events] | None = None, even: bool = False,
        more: Callable[[Packed], Packed] | None = None,
    ) -> None:  # fmt: skip
        """``rows`` are the rows of each file, ``pool`` is the number of events in a pool, None for all in one.

        ``finish`` makes of the table's columns, on the device, those that a pool holds; None holds the table's own.
        ``more`` adds columns to a pool that is otherwise complete.
        ``even`` cuts files so that each has several blocks in each pool, also where that makes blocks short.
        """
        self.table, self.device, self.rows = table, device, rows
        self._finish, self._more = finish, more
        self.count = sum(len(each) for each in rows)
        self.number = 1 if pool is None else max(1, -(-self.count // pool))
        self._even = even
        self._resident: Packed | None = None
        if self.number > 1:
            give_back_large()

    def epoch(self, generator: np.random.Generator | None, first: int = 0) -> Iterator[Packed]:
        """The pools of an epoch from number ``first`` on; without a generator in the order of the files."""
        if self.number == 1:
            yield self.all_at_once()
            return
        from hepdl.data.transfer import Transfer

        yield from _ahead(self._read, self.plan(generator)[first:], Transfer(self.device))

    def sizes(self, generator: np.random.Generator | None) -> list[int]:
        """Number of events in each pool of an epoch."""
        if self.number == 1:
            return [self.count]
        return [sum(len(block.rows) for block in pool) for pool in self.plan(generator)]

    def pieces(self, generator: np.random.Generator | None) -> list[np.ndarray]:
        """The piece of the table that each row is from, for each pool of an epoch."""
        if self.number == 1:
            return [np.repeat(np.arange(len(self.rows)), [len(rows) for rows in self.rows])]
        return [np.repeat([b.piece for b in pool], [len(b.rows) for b in pool]) for pool in self.plan(generator)]

    def plan(self, generator: np.random.Generator | None) -> list[list[Block]]:
        """The blocks of each pool: every file's blocks in random order, spread evenly over the pools."""
        pools: list[list[Block]] = [[] for _ in range(self.number)]
        blocks = [self._blocks(piece) for piece in range(len(self.rows))]
        if generator is None:
            flat = [block for each in blocks for block in each]
            share = -(-len(flat) // self.number)
            return [flat[start : start + share] for start in range(0, len(flat), share)]
        for each in blocks:
            shift = generator.random()
            for place, index in enumerate(generator.permutation(len(each))):
                pools[int((place + shift) * self.number / len(each)) % self.number].append(each[index])
        return [pool for pool in pools if pool]

    def _blocks(self, piece: int) -> list[Block]:
        rows = self.rows[piece]
        size = min(BLOCK, max(FEWEST, len(rows) // (8 * self.number))) if self._even else BLOCK
        return [Block(piece, rows[start : start + size]) for start in range(0, len(rows), size)]

    def all_at_once(self) -> Packed:
        """Every row, in file order, on the device; kept there."""
        if self._resident is None:
            self._resident = self._read([Block(piece, rows) for piece, rows in enumerate(self.rows)])
        return self._resident

    def _read(self, blocks: Sequence[Block]) -> Packed:
        """One pool; an empty one when there are no rows."""
        from hepdl.data.packed import Packed

        blocks = [block for block in blocks if len(block.rows)] or list(blocks[:1])
        packed = Packed.of([device_ready(_rows(self.table.pieces[b.piece], b.rows)) for b in blocks], self.device)
        if self._finish is not None:
            events = packed.all()
            starts = range(0, max(len(events), 1), AT_ONCE)
            packed = Packed.of([self._finish(events.rows(start, start + AT_ONCE)) for start in starts], self.device)
        return packed if self._more is None else self._more(packed)


def _rows(piece: Events, rows: np.ndarray) -> Events:
    """Views where the rows follow each other without a gap."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return piece.rows(int(rows[0]), int(rows[-1]) + 1)
    return piece.take(rows)


def _ahead(
    read: Callable[[Sequence[Block]], Packed], plan: Sequence[Sequence[Block]], transfer: Transfer
) -> Iterator[Packed]:
    """Read pool ``i + 1`` in a thread, and send it beside the computation, while pool ``i`` is used."""

    def send(blocks: Sequence[Block]) -> Packed:
        with transfer.beside():
            return read(blocks)

    with ThreadPoolExecutor(1, "hepdl-pools") as thread:
        ahead = thread.submit(send, plan[0]) if plan else None
        for following in [*plan[1:], None]:
            if ahead is None:
                return
            pool = ahead.result()
            transfer.receive(pool.tensors())
            ahead = thread.submit(send, following) if following is not None else None
            yield pool


def pool_size(table: Table, events: int, job: Job) -> int | None:
    """Events in a pool when a part does not fit into the memory that the run is given; None when it fits."""
    each = table.bytes_per_event(table.names)
    limit = job.memory_bytes
    if events * each <= limit:
        return None
    return max(POOL, int(limit / 3 / each))  # one in use, one being read, and what it is read from
