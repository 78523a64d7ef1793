"""Stream: batches of one part of the events without end, epoch after epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hepdl.data.rows import Rows
    from hepdl.events import Events


class Stream:
    """Shuffled batches; batch number ``n`` is the same however one came to it, which is what a resume needs.

    Batches of an epoch are as equal in size as can be, and not larger than asked for, so that none is tiny.
    """

    def __init__(self, rows: Rows, names: Sequence[str], size: int | None, key: int = 0, alike: str = "") -> None:
        """``size`` None gives all events in one batch; ``key`` tells streams of the same rows apart.

        ``alike`` names a jagged column: a batch then holds events with about as many particles.
        """
        self._rows, self._names, self._key, self._alike = rows, list(names), key, alike
        self.size = even_size(len(rows), size or len(rows))
        self.steps = rows.steps(self.size)
        always = self.steps == 1 and size is None and not rows.varies(self._names)
        self._full: Events | None = rows.everything(self._names) if always else None
        self.seek(0)

    def seek(self, number: int) -> None:
        """Go to batch ``number``, counted from the first epoch."""
        self._epoch, start = divmod(number, self.steps)
        self._batches = self._epoch_from(start)

    def __next__(self) -> Events:
        if self._full is not None:
            return self._full
        batch = next(self._batches, None)
        if batch is None:
            self.seek((self._epoch + 1) * self.steps)
            batch = next(self._batches)
        return batch

    def _epoch_from(self, start: int) -> Iterator[Events]:
        return self._rows.batches(self._names, self.size, (self._key << 24) + self._epoch, start, self._alike)


def even_size(events: int, most: int) -> int:
    """The size of equal batches that are not larger than ``most``; never below 1."""
    return max(1, -(-events // max(1, -(-events // most))))
