"""Pools: the events of one part, either all at once on the device, or pool after pool in a stratified random order.

When a part fits into the memory it is given, there is one pool that holds all of it and stays where it is. Otherwise
each file's events are cut into blocks, the blocks are dealt out so that every pool holds its share of every file
(unstratified blocks cost up to 0.05 AUC), and the next pool is read in the background while this one is used. The
order of an epoch depends on the seed and the epoch alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from hepdl.data.table import Table
from hepdl.data.tensors import device_ready
from hepdl.events import Events

Ready = queue.Queue[Events | BaseException | None]
"""Pools on their way, then None; or what went wrong."""
BLOCK = 1024
"""Events read together: the smallest run that a disk delivers at its full speed."""


@dataclass(frozen=True)
class Block:
    """Some rows of one file, close together."""

    piece: int
    rows: np.ndarray


class Pools:
    """The selected rows of a table as a sequence of pools of device blocks."""

    def __init__(self, table: Table, rows: list[np.ndarray], device: str, pool: int | None = None) -> None:
        """``rows`` are the rows of each file; ``pool`` is the number of events in a pool, None for all in one."""
        self.table, self.device = table, device
        self.rows = rows
        self.count = sum(len(each) for each in rows)
        self.number = 1 if pool is None else max(1, -(-self.count // pool))
        self._resident: Events | None = None

    def epoch(self, generator: np.random.Generator | None, first: int = 0) -> Iterator[Events]:
        """The pools of an epoch from number ``first`` on; without a generator in the order of the files."""
        if self.number == 1:
            yield self.all_at_once()
            return
        plan = self.plan(generator)[first:]
        yield from _ahead(self._read, plan)

    def sizes(self, generator: np.random.Generator | None) -> list[int]:
        """Number of events in each pool of an epoch."""
        if self.number == 1:
            return [self.count]
        return [sum(len(block.rows) for block in pool) for pool in self.plan(generator)]

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
        return [Block(piece, rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK)]

    def all_at_once(self) -> Events:
        """Every row, in file order, on the device; kept there."""
        if self._resident is None:
            whole = [Block(piece, rows) for piece, rows in enumerate(self.rows)]
            self._resident = self._read(whole)
        return self._resident

    def _read(self, blocks: list[Block]) -> Events:
        taken = [self.table.pieces[block.piece].take(block.rows) for block in blocks]
        return device_ready(Events.concatenate(taken)).to(self.device)


def _ahead(read: Callable[[list[Block]], Events], plan: list[list[Block]]) -> Iterator[Events]:
    """Read pool ``i + 1`` in a thread while pool ``i`` is used."""
    ready: Ready = queue.Queue(maxsize=1)
    stop = threading.Event()

    def work() -> None:
        try:
            for blocks in plan:
                _put(ready, read(blocks), stop)
                if stop.is_set():
                    return
            _put(ready, None, stop)
        except BaseException as error:  # handed to the consumer, who raises it
            _put(ready, error, stop)

    thread = threading.Thread(target=work, name="hepdl-pools", daemon=True)
    thread.start()
    try:
        while (pool := ready.get()) is not None:
            if isinstance(pool, BaseException):
                raise pool
            yield pool
    finally:
        stop.set()
        thread.join()


def _put(ready: Ready, item: Events | BaseException | None, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            ready.put(item, timeout=0.1)
        except queue.Full:
            continue
        return
