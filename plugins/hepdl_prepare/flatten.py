"""Flatten: weights that give all classes the same distribution of some columns."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from hepdl.data.rows import Rows
from hepdl.description import Inputs, Output, parameter
from hepdl.errors import BadValues
from hepdl_prepare.reweighting import Reweighting, preserving


class Flatten(Reweighting):
    """Weights with which columns are distributed alike in all classes, so that a network cannot learn a class from
    them: ``Flatten(["jet_pt", "jet_mass"], bins=20)`` makes both flat together, ``reference=1`` gives every class the
    distribution of label 1. The sum of weights of each class stays as it is. The outer bins have no outer ends; a bin
    where a class has no training events gives it weight 0, and log and ledger say how many such bins there are.
    """

    positional: ClassVar[tuple[str, ...]] = ("columns",)

    columns: Inputs = parameter(min_length=1)
    """Columns whose joint distribution is made equal, one number an event each."""
    output: Output = "flat_weight"
    """Column with the new weight, to be named as ``weight`` of a step that learns."""
    bins: int | list[list[float]] = 20
    """Number of equal bins of each column from its least to its greatest training value, or edges for each column."""
    reference: Literal["flat"] | float = "flat"
    """What the distributions become: flat in the columns, or that of this class."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        edges = self.bins if isinstance(self.bins, list) else []
        if isinstance(self.bins, int) and self.bins < 1:
            raise ValueError(f"bins is {self.bins}, at least one is needed")
        if edges and len(edges) != len(self.columns):
            raise ValueError(f"bins has edges for {len(edges)} columns, but there are {len(self.columns)}")
        if not all(len(each) > 1 and all(a < b for a, b in pairwise(each)) for each in edges):
            raise ValueError(f"bins are edges that ascend, as [[400, 500, 700]] for one column, but it is {edges}")
        if self.reference != "flat" and self.reference not in self.values:
            raise ValueError(f'reference is "flat" or one of the classes {self.values}, not {self.reference}')
        return self

    def bins_of(self) -> list[int]:
        """Number of bins of each column."""
        if isinstance(self.bins, int):
            return [self.bins] * len(self.columns)
        return [len(each) - 1 for each in self.bins]

    def place_bins(self, rows: Rows) -> None:
        """The edges, given or from the extremes; ``BadValues`` for a constant column."""
        import torch

        for number, name in enumerate(self.columns):
            edges = self._edges(rows, name) if isinstance(self.bins, int) else np.array(self.bins[number], float)
            self.module.edges(number).copy_(torch.from_numpy(edges))

    def learn(self, rows: Rows, histogram: np.ndarray) -> np.ndarray:
        """Wanted over found, with the sum of each class kept."""
        wanted = self._volumes() if self.reference == "flat" else histogram[self.values.index(float(self.reference))]
        for value, found in zip(self.values, histogram, strict=True):
            empty = int(((wanted > 0) & (found <= 0)).sum())
            if empty:
                self.note(f"{self.per} {value:g} has no training events in {empty} of {(wanted > 0).sum()} bins, so "
                          "there its distribution is not what was asked for")  # fmt: skip
        return np.stack([
            preserving(np.divide(wanted, found, out=np.zeros_like(found), where=found > 0), found)
            for found in histogram
        ])  # fmt: skip

    def _edges(self, rows: Rows, name: str) -> np.ndarray:
        least, most = (float(end) for end in rows.everything([name])[name].double().aminmax())
        if least == most:
            raise BadValues(f"{self.label}: column '{name}' is {least:g} in all training events; leave it out")
        return np.linspace(least, most, self.bins + 1)  # type: ignore[operator]

    def _volumes(self) -> np.ndarray:
        """Product of the widths of each bin."""
        volume = np.ones(1)
        for number in range(len(self.columns)):
            volume = np.outer(volume, np.diff(self.module.edges(number).cpu().numpy())).ravel()
        return volume
