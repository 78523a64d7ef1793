"""ToGeV: energies of another unit in GeV."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events, Jagged
from hepdl.expressions.units import in_gev


class ToGeV(Algorithm):
    """Replaces columns by themselves in GeV, for all steps that follow: ``ToGeV(["jet_pt", "jet_m*"], unit="MeV")``.

    Nothing else converts: a column without a unit is never rescaled, one that says another unit is an error.
    """

    positional: ClassVar[tuple[str, ...]] = ("columns", "unit")

    columns: Inputs = parameter(min_length=1)
    """Columns of energies, momenta or masses; patterns are allowed."""
    unit: Literal["keV", "MeV", "TeV"] = "MeV"
    """What they are in now."""
    replace: bool = True
    """The columns keep their names; ``False`` adds ``<name>_GeV`` instead."""

    def wired(self, kind: str) -> list[str]:
        """The new columns are named after the old ones."""
        return [self._name(name) for name in self.columns] if kind == "output" else super().wired(kind)

    def reads(self) -> list[str]:
        """The columns, as they are before."""
        return list(self.columns)

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The columns as floating-point numbers in GeV; raises ``WiringError`` for another unit or no numbers."""
        made = {}
        for name in self.columns:
            kind = columns.need(name, self.label)
            if kind.unit not in ("", self.unit):
                raise WiringError(f"{self.label}: column '{name}' is in {kind.unit}, not in {self.unit}")
            if np.dtype(kind.dtype).kind not in "iuf":
                raise WiringError(f"{self.label}: column '{name}' is {kind}, which is no energy")
            made[self._name(name)] = replace(kind, dtype=_float_type(kind.dtype), unit="GeV")
        return made

    def execute(self, events: Events) -> dict[str, Column]:
        """The columns in GeV."""
        return {self._name(name): in_gev(_floating(events[name]), self.unit) for name in self.columns}

    def _name(self, column: str) -> str:
        return column if self.replace else f"{column}_GeV"


def _floating(column: Column) -> Column:
    if isinstance(column, Jagged):
        return Jagged(_floating(column.values), column.offsets)
    return column.astype(_float_type(column.dtype))


def _float_type(dtype: np.dtype | str) -> str:
    """Floating point; integers as expressions count them."""
    name: str = np.result_type(np.dtype(dtype), np.float32).name
    return name
