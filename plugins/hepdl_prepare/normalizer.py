"""Normalizer: what the steps that bring columns to a common scale have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from pydantic import model_validator

from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.description import Inputs, Output, parameter
from hepdl.errors import BadValues, WiringError
from hepdl.events import Column, Events
from hepdl_prepare.group import group_type

if TYPE_CHECKING:
    from torch import nn

    from hepdl_prepare.sums import Sums


class Normalizer(Learner):
    """Brings columns to a common scale, learned from the training part, as one group ``[N, F]`` float32.

    One list of particles ``[n, F]`` in place of the columns is scaled feature by feature over all particles of the
    training part, each with the weight of its event. What is learned is worked out in double precision and kept in
    buffers of a torch module, whose ``inverse`` gives the columns back. A column that is constant in the training part
    is an error: it can teach nothing, and has no width. A subclass makes the module and fills its buffers.
    """

    positional: ClassVar[tuple[str, ...]] = ("columns", "output")

    columns: Inputs = parameter(min_length=1)
    """Columns with one number, or one group of numbers, an event; or a single jagged column."""
    output: Output
    """Name of the group."""
    weighted: bool = True
    """Use the event weights, negative ones too, whose total must be positive; otherwise each event counts once."""
    clip: list[float] = []
    """Least and greatest value that come out: what lies beyond becomes these. Empty: no bounds."""

    @model_validator(mode="after")
    def _check_clip(self) -> Self:
        need_bounds(self.clip, "clip")
        return self

    def reads(self) -> list[str]:
        """The columns, and the weight where it is used."""
        return [*self.columns, *(["weight"] if self.weighted and "weight" not in self.columns else [])]

    def applied(self) -> list[str]:
        """The columns."""
        return self.columns

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The group ``[N, F]`` float32 with the names of its members."""
        if self.weighted:
            columns.need("weight", self.label)
        return {self.output: scaled_type(self.columns, columns, self.label)}

    def build(self, columns: Columns) -> nn.Module:
        """The module, in double precision if a column needs it."""
        kind = scaled_type(self.columns, columns, self.label)
        return self.scaling(kind.width, needs_double(self.columns, columns))

    def scaling(self, features: int, double: bool) -> nn.Module:
        """A :class:`hepdl_prepare.scaling.Scaling` of so many features."""
        raise NotImplementedError

    def learn(self, sums: Sums, members: Sequence[str]) -> None:
        """Fill the buffers of ``self.module`` from the training part; ``members`` are the names of the features."""
        raise NotImplementedError

    def fit(self, train: Rows, validate: Rows) -> None:
        """Learn from the training part. Raises :class:`BadValues` for a constant column or bad weights."""
        from hepdl_prepare.sums import Sums

        sums = Sums(train, self.columns, self.weighted)
        if not sums.count():
            raise BadValues(f"{self.label}: the {len(train)} training events hold no particles in '{self.columns[0]}'")
        self._need_positive(float(sums.of_weights()[0]), len(train))
        members = scaled_type(self.columns, train.columns, self.label).members
        for name, least, most in zip(members, *(end.tolist() for end in sums.extremes()), strict=True):
            self._need_spread(name, least, most)
        self.learn(sums, members)

    def execute(self, events: Events) -> dict[str, Column]:
        """The scaled group."""
        return {self.output: self.module(*(events[name] for name in self.columns))}

    def _need_positive(self, total: float, events: int) -> None:
        if not total > 0:
            raise BadValues(
                f"{self.label}: the weights of the {events} training events add up to {total:g}, not to a positive "
                "number; weighted=False counts each event once"
            )

    def _need_spread(self, name: str, least: float, most: float) -> None:
        if least == most:
            raise BadValues(f"{self.label}: column '{name}' is {least:g} in all training events; leave it out")

    def need_variance(self, members: Sequence[str], variance: list[float]) -> None:
        """Raise :class:`BadValues` where a weighted variance is not a positive number."""
        for name, spread in zip(members, variance, strict=True):
            if not 0 < spread < math.inf:
                raise BadValues(
                    f"{self.label}: column '{name}' has variance {spread:g} in the training events, which is not "
                    "positive; look for NaN, or for negative weights that outweigh the others (weighted=False)"
                )


def scaled_type(names: list[str], columns: Columns, reader: str) -> ColumnType:
    """The group that comes out of these columns, or the list of particles where one goes in."""
    kinds = [columns.need(name, reader) for name in names]
    if not all(kind.jagged for kind in kinds):
        return group_type(names, columns, reader)
    if len(kinds) > 1:
        raise WiringError(
            f"{reader}: a list of particles is scaled alone, but columns={names} are several; "
            "pack jagged columns of one collection into one list first"
        )
    single = Columns({names[0]: replace(kinds[0], jagged=False)})
    return replace(group_type(names, single, reader), jagged=True)


def needs_double(names: list[str], columns: Columns) -> bool:
    """Whether one of the columns has double precision, or integers that single precision cannot hold."""
    return bool(np.result_type(np.float32, *(columns[name].dtype for name in names)) == np.float64)


def need_bounds(bounds: list[float], name: str) -> None:
    """Raise ``ValueError`` unless these are no numbers, or two that ascend."""
    if bounds and not (len(bounds) == 2 and bounds[0] < bounds[1]):
        raise ValueError(f"{name} is a least and a greatest value, as in [-5, 5], or empty, but it is {bounds}")
