"""The torch module of :class:`hepdl_networks.embedded.Embedded`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from hepdl.errors import BadValues
from hepdl.events import Column, Jagged

if TYPE_CHECKING:
    from hepdl.job import Job

NOTHING = torch.iinfo(torch.int64).max
"""Fills a vocabulary that is larger than need be."""
SHOWN = 6
"""Values that a message shows."""


class Embeddings(nn.Module):
    """A module some of whose arguments are looked up first."""

    def __init__(self, inner: nn.Module, places: Sequence[int], lookups: Sequence[Lookup]) -> None:
        super().__init__()
        self.inner, self.lookups, self._places = inner, nn.ModuleList(lookups), list(places)

    def forward(self, *columns: Column) -> Column:
        """What the inner module answers."""
        given = list(columns)
        for place, lookup in zip(self._places, self.lookups, strict=True):
            given[place] = lookup(given[place])
        return self.inner(*given)


class Lookup(nn.Module):
    """Vectors of categories: row 0 for all that is not in the vocabulary, which is sorted, the others in its order."""

    vocabulary: torch.Tensor

    def __init__(self, values: list[int] | int, width: int, unknown: str) -> None:
        """``values`` are the categories, or how many there are at most; these are then 0, 1, 2, ... until learned."""
        super().__init__()
        known = torch.arange(values) if isinstance(values, int) else torch.tensor(values).sort().values
        self.register_buffer("vocabulary", known)
        self.vectors = nn.Parameter(torch.randn(len(known) + 1, width))
        nn.init.zeros_(self.vectors[0].detach())
        self.unknown = unknown

    def forward(self, column: Column) -> Column:
        """Vectors ``[N, width]``, or a list of them."""
        index = self.places(_values(column))
        vectors = functional.embedding(index, self.vectors)
        if self.unknown == "error":
            vectors = vectors.masked_fill((index == 0)[:, None], float("nan"))
        return column.with_values(vectors) if isinstance(column, Jagged) else vectors

    def places(self, values: torch.Tensor) -> torch.Tensor:
        """Rows of the categories ``[n]``, 0 for those that are not known."""
        near = torch.searchsorted(self.vocabulary, values).clamp_max(len(self.vocabulary) - 1)
        return torch.where(self.vocabulary[near] == values, near + 1, 0)

    def learn(self, column: Column) -> None:
        """Take the most frequent values as the vocabulary; of two that are as frequent, the smaller one."""
        values, counts = _values(column).unique(return_counts=True)
        frequent = values[counts.argsort(descending=True, stable=True)[: len(self.vocabulary)]]
        self.vocabulary.fill_(NOTHING)
        self.vocabulary[: len(frequent)] = frequent.sort().values

    def report(self, column: Column, name: str, part: str, job: Job) -> None:
        """Say how many values are not in the vocabulary; ``BadValues`` when that is an error."""
        values = _values(column)
        strange, counts = values[self.places(values) == 0].unique(return_counts=True)
        if not len(strange):
            return
        shown = [f"{value} ({n} times)" for value, n in zip(strange.tolist()[:SHOWN], counts.tolist(), strict=False)]
        found = (
            f"{int(counts.sum())} of {len(values)} values of '{name}' in the {part} part are not in its vocabulary: "
            f"{', '.join(shown)}{', ...' * (len(strange) > SHOWN)}"
        )
        if self.unknown == "error":
            raise BadValues(f"Embedded: {found}; add them to the vocabulary, or set unknown='other'")
        job.log.info("Embedded: %s; they are one category", found)
        if job.ledger is not None:
            job.ledger.note(f"{job.step or 'Embedded'}: {found}; they are one category")


def _values(column: Column) -> torch.Tensor:
    values = column.values if isinstance(column, Jagged) else column
    return values.reshape(-1).long()
