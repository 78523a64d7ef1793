"""Standardize: columns as one group of mean 0 and width 1."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Inputs, Output, parameter
from hepdl.errors import BadValues, WiringError
from hepdl.events import Column, Events
from hepdl_prepare.group import group_type

if TYPE_CHECKING:
    from torch import nn

    from hepdl_prepare.standardization import Sums


class Standardize(Learner):
    """Shifts and scales columns to mean 0 and width 1 over the training part, as one group ``[N, F]``.

    One list of particles ``[n, F]`` in place of the columns is scaled feature by feature over all particles of the
    training part, each with the weight of its event: ``Standardize(["tracks"], output="scaled_tracks")``.

    The sums are weighted with the event weights as they are, negative ones too, whose total must be positive. A
    column that is constant in the training part is an error: it can teach nothing, and has no width.
    """

    positional: ClassVar[tuple[str, ...]] = ("columns", "output")

    columns: Inputs = parameter(min_length=1)
    """Columns with one number, or one group of numbers, an event; or a single jagged column."""
    output: Output
    """Name of the group."""
    weighted: bool = True
    """Weight the mean and the width with the event weights; otherwise each event counts once."""

    def reads(self) -> list[str]:
        """The columns, and the weight where it is used."""
        return [*self.columns, *(["weight"] if self.weighted and "weight" not in self.columns else [])]

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The group ``[N, F]`` float32 with the names of its members."""
        if self.weighted:
            columns.need("weight", self.label)
        return {self.output: self._type(columns)}

    def build(self, columns: Columns) -> nn.Module:
        """The module, in double precision if a column needs it."""
        import torch

        from hepdl_prepare.standardization import Standardization

        double = np.result_type(np.float32, *(columns[name].dtype for name in self.columns)) == np.float64
        return Standardization(self._type(columns).width, torch.float64 if double else torch.float32)

    def fit(self, train: Rows, validate: Rows) -> None:
        """Mean and width over the training part. Raises :class:`BadValues` for a constant column or bad weights."""
        from hepdl_prepare.standardization import Sums

        sums = Sums(train, self.columns, self.weighted)
        if not sums.count():
            raise BadValues(f"{self.label}: the {len(train)} training events hold no particles in '{self.columns[0]}'")
        weight = sums.of_weights()
        self._need_positive(float(weight[0]), len(train))
        mean = sums.of(lambda x: x) / weight
        variance = sums.of(lambda x: (x - mean) ** 2) / weight
        self._need_width(train.columns, sums, variance.tolist())
        self.module.mean.copy_(mean)
        self.module.width.copy_(variance.sqrt())

    def execute(self, events: Events) -> dict[str, Column]:
        """The standardized group."""
        return {self.output: self.module(*(events[name] for name in self.columns))}

    def _type(self, columns: Columns) -> ColumnType:
        """The group that comes out, or the list of particles where one goes in."""
        kinds = [columns.need(name, self.label) for name in self.columns]
        if not all(kind.jagged for kind in kinds):
            return group_type(self.columns, columns, self.label)
        if len(kinds) > 1:
            raise WiringError(
                f"{self.label}: a list of particles is standardized alone, but columns={self.columns} are several; "
                "pack jagged columns of one collection into one list first"
            )
        single = Columns({self.columns[0]: replace(kinds[0], jagged=False)})
        return replace(group_type(self.columns, single, self.label), jagged=True)

    def _need_positive(self, total: float, events: int) -> None:
        if not total > 0:
            raise BadValues(
                f"{self.label}: the weights of the {events} training events add up to {total:g}, not to a positive "
                "number; weighted=False counts each event once"
            )

    def _need_width(self, columns: Columns, sums: Sums, variance: list[float]) -> None:
        members = self._type(columns).members
        for name, least, most, spread in zip(members, *sums.extremes(), variance, strict=True):
            if least == most:
                raise BadValues(f"{self.label}: column '{name}' is {least:g} in all training events; leave it out")
            if not 0 < spread < math.inf:
                raise BadValues(
                    f"{self.label}: column '{name}' has variance {spread:g} in the training events, which is not "
                    "positive; look for NaN, or for negative weights that outweigh the others (weighted=False)"
                )
