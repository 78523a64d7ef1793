"""Mixture: which sample an event of a training is from, and what share of each batch a sample has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from hepdl.errors import NothingLeft
from hepdl.sources import Sample

TIMES = "times drawn in an epoch"
"""Column of a mixed training: how many times an event comes in an epoch, so that weights can make up for it."""


class Mixture:
    """The samples of the pieces of a table, and how they are mixed.

    Samples with a ``fraction`` have that share of each batch; the others have what is left, in proportion to their
    events. An epoch has as many draws as there are events. Of each sample every event comes once before any comes
    twice, so a sample is drawn ``fraction · N / N_sample`` times an epoch.
    """

    def __init__(self, samples: Sequence[Sample], counts: Sequence[int]) -> None:
        """``samples`` and ``counts`` are those of the pieces. Raises :class:`NothingLeft` for a sample without events.

        Without samples all pieces count as one.
        """
        names = [sample.name for sample in samples] or [""] * len(counts)
        self.names = list(dict.fromkeys(names))
        self.samples = np.array([self.names.index(name) for name in names], np.int64)
        """Number of the sample of each piece."""
        self.counts = np.bincount(self.samples, counts, len(self.names)) if len(counts) else np.zeros(0)
        self.given = {sample.name: sample.fraction for sample in samples if sample.fraction is not None}
        if self.given and self.counts.any():
            self._refuse_empty()

    @property
    def mixed(self) -> bool:
        """Whether a sample has a share of its own."""
        return bool(self.given) and bool(self.counts.any())

    @property
    def shares(self) -> np.ndarray:
        """Share of each sample in a batch; they add up to 1."""
        given = np.array([self.given.get(name, np.nan) for name in self.names])
        rest = np.where(np.isnan(given), self.counts, 0)
        left = (1 - np.nansum(given)) * rest / max(rest.sum(), 1)
        shares: np.ndarray = np.where(np.isnan(given), left, given)
        shares /= shares.sum()
        return shares

    @property
    def times(self) -> np.ndarray:
        """How many times the events of each piece are drawn in an epoch."""
        times: np.ndarray = self.shares * self.counts.sum() / np.maximum(self.counts, 1)
        return times[self.samples].astype(np.float32)

    def note(self) -> str:
        """What the ledger says."""
        times = self.shares * self.counts.sum() / np.maximum(self.counts, 1)
        each = [
            f"'{name}' {share:.3g} (its {count:.0f} events {time:.3g} times an epoch)"
            for name, share, count, time in zip(self.names, self.shares, self.counts, times, strict=True)
        ]
        return f"shares of a training batch: {', '.join(each)}; weights are divided by these times"

    def order(self, pieces: np.ndarray, generator: Callable[[int, int], np.random.Generator], epoch: int) -> np.ndarray:
        """As many rows as there are, drawn so that every run of them holds the shares to within one event a sample.

        ``pieces`` are the pieces of the rows, ``generator(sample, turn)`` gives the order of the sample's rows in its
        turn, ``epoch`` is how many epochs of draws have been before.
        """
        samples = self.samples[pieces]
        present = [number for number in range(len(self.names)) if (samples == number).any()]
        draws = _whole(self.shares[present] * len(pieces) / self.shares[present].sum(), len(pieces))
        rows, places = [], []
        for number, count in zip(present, draws.tolist(), strict=True):
            mine = np.flatnonzero(samples == number)
            rows.append(mine[_drawn(len(mine), epoch * count, count, partial(generator, number))])
            places.append((np.arange(count) + 0.5) / max(count, 1))
        order: np.ndarray = np.concatenate(rows)[np.argsort(np.concatenate(places), kind="stable")]
        return order

    def _refuse_empty(self) -> None:
        for name, count in zip(self.names, self.counts, strict=True):
            if not count and name in self.given:
                raise NothingLeft(f"sample '{name}' has fraction={self.given[name]:g}, but no selected training event")


def stratified(strata: np.ndarray, ranking: np.ndarray) -> np.ndarray:
    """The order by ``ranking`` (numbers or places) in which every stratum is spread evenly: rows ``[N]``."""
    order = np.lexsort((ranking, strata))
    counts = np.bincount(strata)
    first = np.cumsum(counts) - counts
    sorted_strata = strata[order]
    places = (np.arange(len(order)) - first[sorted_strata] + 0.5) / counts[sorted_strata]
    result: np.ndarray = order[np.argsort(places, kind="stable")]
    return result


def _drawn(size: int, begin: int, count: int, generator: Callable[[int], np.random.Generator]) -> np.ndarray:
    """Draws ``begin`` to ``begin + count`` of an endless row of permutations of ``size``."""
    turns = range(begin // size, -(-(begin + count) // size))
    drawn = np.concatenate([np.zeros(0, np.int64), *(generator(turn).permutation(size) for turn in turns)])
    return np.asarray(drawn[begin % size : begin % size + count])


def _whole(numbers: np.ndarray, total: int) -> np.ndarray:
    """Integers near ``numbers`` that add up to ``total``."""
    whole: np.ndarray = np.floor(numbers).astype(np.int64)
    rest = np.argsort(whole - numbers, kind="stable")[: total - whole.sum()]
    whole[rest] += 1
    return whole
