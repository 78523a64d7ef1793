"""Pairs of particles of one event, packed as lists: two tracks of one jet, say.

An event with n particles has n (n − 1) / 2 pairs, in the order (0, 1), (0, 2), ..., (1, 2), ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from hepdl.events import Events
from hepdl.jagged import Jagged

if TYPE_CHECKING:
    from hepdl.data.rows import Rows

PREFIX = "pairs of "
"""The column ``pairs of vertex`` is made from the column ``vertex``."""


@dataclass(frozen=True)
class Pairs:
    """Where the two particles of each pair lie, ``[m]`` both; ``offsets`` ``[N + 1]`` as of a list of pairs."""

    first: torch.Tensor
    second: torch.Tensor
    offsets: torch.Tensor
    known: torch.Tensor | None = None

    def jagged(self, values: torch.Tensor) -> Jagged:
        """A list of pairs with these values ``[m]`` or ``[m, F]``."""
        return Jagged(values, self.offsets, self.known)


def pairs_of(particles: Jagged) -> Pairs:
    """All pairs, on the device of the particles; it waits only where nobody on the host knows the lengths."""
    ends, n = particles.offsets[1:], particles.values.shape[0]
    known = _counted(particles.host_offsets)
    total = int(known[-1])
    place = torch.arange(n, device=ends.device)
    later = torch.repeat_interleave(ends, particles.lengths, output_size=n) - place - 1
    first = torch.repeat_interleave(place, later, output_size=total)
    start = later.cumsum(0) - later
    second = first + 1 + torch.arange(total, device=ends.device) - start[first]
    return Pairs(first, second, known.to(ends.device), known)


def same(identity: Jagged) -> Jagged:
    """For each pair 1 when both particles have the same number, else 0: tracks from one vertex.

    A negative number means that a particle belongs to nothing, so that it is alone; pairs with NaN are NaN: unknown.
    """
    pairs = pairs_of(identity)
    values = identity.values[:, 0] if identity.values.dim() == 2 else identity.values
    one, other = values[pairs.first], values[pairs.second]
    together = ((one == other) & (one >= 0)).to(torch.get_default_dtype())
    if values.is_floating_point():
        together = torch.where(one.isnan() | other.isnan(), torch.nan, together)
    return pairs.jagged(together)


class WithPairs:
    """Rows that also have the columns ``pairs of <column>``, made of each batch on the device."""

    def __init__(self, rows: Rows) -> None:
        self._rows, self.device, self.columns = rows, rows.device, rows.columns

    def __len__(self) -> int:
        return len(self._rows)

    def steps(self, size: int) -> int:
        """As :meth:`hepdl.data.rows.Rows.steps`."""
        return self._rows.steps(size)

    @property
    def mixing(self) -> list[str]:
        """As :attr:`hepdl.data.rows.Rows.mixing`."""
        return self._rows.mixing

    def everything(self, names: Sequence[str]) -> Events:
        """As :meth:`hepdl.data.rows.Rows.everything`."""
        return _with_pairs(self._rows.everything(_plain(names)), names)

    def batches(
        self, names: Sequence[str], size: int, epoch: int | None = None, start: int = 0, alike: str = ""
    ) -> Iterator[Events]:
        """As :meth:`hepdl.data.rows.Rows.batches`."""
        for batch in self._rows.batches(_plain(names), size, epoch, start, alike):
            yield _with_pairs(batch, names)


def _counted(offsets: torch.Tensor) -> torch.Tensor:
    lengths = offsets[1:] - offsets[:-1]
    counted = lengths.new_zeros(len(offsets))
    torch.cumsum(lengths * (lengths - 1) // 2, 0, out=counted[1:])
    return counted


def _plain(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name.removeprefix(PREFIX) for name in names))


def _with_pairs(events: Events, names: Sequence[str]) -> Events:
    made = {name: same(events[name.removeprefix(PREFIX)]) for name in names if name.startswith(PREFIX)}
    return events.plus(made).only(names) if made else events
