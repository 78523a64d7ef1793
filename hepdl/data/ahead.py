"""Ahead: blocks of several files are made in threads while earlier ones are used; they come out in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
B = TypeVar("B")


class Blocks(Iterator[B], Generic[B]):
    """The blocks of one file; while one is used the next is made in a thread."""

    def __init__(self, pool: ThreadPoolExecutor, blocks: Generator[B, None, None]) -> None:
        self._pool, self._blocks = pool, blocks
        self._next = pool.submit(next, blocks, None)

    def __next__(self) -> B:
        block = self._next.result()
        if block is None:
            raise StopIteration
        self._next = self._pool.submit(next, self._blocks, None)
        return block

    def close(self) -> None:
        """Wait until no thread is busy with it, and close the file."""
        if not self._next.cancel():
            self._next.exception()
        self._blocks.close()


def ahead(
    tasks: Iterable[T], blocks_of: Callable[[T], Generator[B, None, None]], threads: int = 2
) -> Generator[tuple[T, Blocks[B]], None, None]:
    """Each task with its blocks; of the first ``threads`` tasks that are not done one block each is made ahead.

    Beside the block that is used there are at most so many. An error is raised where its block would have come.
    """
    with ThreadPoolExecutor(threads, "hepdl-ahead") as pool:
        coming = ((task, Blocks(pool, blocks_of(task))) for task in tasks)
        begun = deque(islice(coming, max(2, threads)))
        try:
            while begun:
                yield begun[0]
                begun.popleft()[1].close()
                begun.extend(islice(coming, 1))
        finally:
            for _, blocks in begun:
                blocks.close()
