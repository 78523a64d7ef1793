"""Which entries of which file a run reads."""

from __future__ import annotations

from collections.abc import Sequence

from hepdl.sources import Source


def entry_ranges(sources: Sequence[Source], limit: int | None = None, skip: int = 0) -> list[tuple[int, int]]:
    """For each file the first entry and the one to stop before: ``skip``, then at most ``limit``, in each sample."""
    to_skip = {source.sample.name: skip for source in sources}
    left: dict[str, int | None] = dict.fromkeys(to_skip, limit)
    ranges = []
    for source in sources:
        name = source.sample.name
        first = min(to_skip[name], source.entries)
        to_skip[name] -= first
        rest = left[name]
        stop = source.entries if rest is None else min(source.entries, first + rest)
        left[name] = None if rest is None else rest - (stop - first)
        ranges.append((first, stop))
    return ranges
