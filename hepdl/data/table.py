"""Table: the selected events of all files in file and entry order, in memory or memory-mapped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from hepdl.events import Column, Events, Jagged


class Table:
    """One block of columns a file, read as if it were one long block."""

    def __init__(self, pieces: Sequence[Events]) -> None:
        self.pieces = [piece for piece in pieces if len(piece)]
        self.starts = np.concatenate([[0], np.cumsum([len(piece) for piece in self.pieces])]).astype(np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def __contains__(self, name: str) -> bool:
        return bool(self.pieces) and name in self.pieces[0]

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return self.pieces[0].names if self.pieces else []

    def column(self, name: str) -> np.ndarray:
        """A whole flat column, in memory; of a table without rows one of integers."""
        return np.concatenate([piece[name] for piece in self.pieces]) if self.pieces else np.zeros(0, np.int64)

    def only(self, names: Sequence[str]) -> Table:
        """These columns alone."""
        return Table([piece.only(names) for piece in self.pieces])

    def mapped(self, change: Callable[[Events], Events]) -> Table:
        """The table of what ``change`` makes of each block."""
        return Table([change(piece) for piece in self.pieces])

    def blocks(self, size: int) -> Iterator[Events]:
        """Rows in order, at most ``size`` at a time, never across two files."""
        for piece in self.pieces:
            for start in range(0, len(piece), size):
                yield piece.rows(start, min(start + size, len(piece)))

    def bytes_per_event(self, names: Sequence[str]) -> float:
        """Mean size of an event with these columns."""
        total = sum(_bytes(piece[name]) for piece in self.pieces for name in names)
        return total / max(len(self), 1)


def _bytes(column: Column) -> int:
    if isinstance(column, Jagged):
        return _bytes(column.values) + _bytes(column.offsets)
    size: int = column.nbytes
    return size
