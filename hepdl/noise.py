"""Noise: random numbers that belong to events, whatever batch, device or run an event comes by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from hepdl.events import Events, Jagged

if TYPE_CHECKING:
    from collections.abc import Sequence

GOLDEN = 0x9E3779B97F4A7C15 - 2**64
FIRST, SECOND = 0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64
BITS = 24
"""Random bits in a number: as many as single precision holds."""


class Noise:
    """Random numbers for a block of events.

    Each number is a hash (SplitMix64: Steele, Lea and Flood, OOPSLA 2014) of a seed, the event, the place of the
    particle in its event and how many draws came before. So an event gets the same numbers in any batch, on any device
    and after a resume, and the host never waits. Draw in the same order each time.
    """

    def __init__(self, events: torch.Tensor, seed: int) -> None:
        """``events`` are the :func:`keys_of` a block, ``[N]``; ``seed`` is for one step and epoch, below 2⁶³."""
        self._events, self._draws = _mixed(events + seed), 0

    def uniform(self, *shape: int, particles: Jagged | None = None) -> torch.Tensor:
        """Numbers in [0, 1): ``[N, *shape]``, or ``[n, *shape]`` for the ``n`` particles of a list; float32."""
        return _unit(self._words(shape, particles) >> (64 - BITS))

    def normal(self, *shape: int, particles: Jagged | None = None) -> torch.Tensor:
        """Numbers of mean 0 and width 1 (Box and Muller; none beyond 5.8), of the same shapes."""
        words = self._words(shape, particles)
        radius = _unit(words >> (64 - BITS)).neg_().log1p_().mul_(-2).sqrt_()
        return radius.mul_(_unit(words).mul_(2 * math.pi).cos_())

    def _words(self, shape: Sequence[int], particles: Jagged | None) -> torch.Tensor:
        """Words of 64 random bits."""
        self._draws += 1
        rows, count = _mixed(self._events ^ self._draws), math.prod(shape)
        if particles is not None:
            index = particles.event_index()
            place = torch.arange(len(index), device=index.device) - particles.offsets[index]
            rows = rows[index] + place * count * GOLDEN
        words: torch.Tensor = _mixed(rows[:, None] + torch.arange(count, device=rows.device) * GOLDEN)
        return words.reshape(len(rows), *shape)


def keys_of(events: Events) -> torch.Tensor:
    """What tells the events of a run apart ``[N]`` int64: a hash of file, entry and, if there is one, object."""
    keys = _mixed(events["source"].long())
    for name in ("entry", "object"):
        keys = _mixed(keys ^ events[name].long()) if name in events else keys
    return keys


def _mixed(state: torch.Tensor) -> torch.Tensor:
    """The step of SplitMix64; integers wrap around."""
    state = state + GOLDEN
    state.bitwise_xor_(_right(state, 30)).mul_(FIRST)
    state.bitwise_xor_(_right(state, 27)).mul_(SECOND)
    return state.bitwise_xor_(_right(state, 31))


def _right(state: torch.Tensor, bits: int) -> torch.Tensor:
    """Shifted without the sign."""
    return torch.bitwise_right_shift(state, bits).bitwise_and_(2 ** (64 - bits) - 1)


def _unit(words: torch.Tensor) -> torch.Tensor:
    """The lowest bits as numbers in [0, 1), exact."""
    return torch.bitwise_and(words, 2**BITS - 1).float().mul_(2.0**-BITS)
