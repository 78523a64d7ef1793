"""Units that the script states for the columns of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ParameterError
from hepdl.expressions.units import ENERGIES
from hepdl.patterns import matching

PURE_NUMBERS = ("eta", "phi", "rapidity")
"""Ends of the names that a pattern for a unit passes over."""


def with_units(columns: Columns, units: Mapping[str, str], reader: str) -> Columns:
    """The columns with their units; the first pattern that fits a name decides.

    Raises :class:`~hepdl.errors.MissingColumn` for a name or pattern that fits none.
    """
    found: dict[str, str] = {}
    for pattern, unit in units.items():
        for name in matching([pattern], columns, f"{reader}.units"):
            exact = name == pattern
            columns.need(name, f"{reader}.units")
            if exact or not _is_pure(name, columns[name]):
                found.setdefault(name, unit)
    return Columns({name: replace(kind, unit=found.get(name, kind.unit)) for name, kind in columns.items()})


def refuse_misspelt(units: Mapping[str, str], reader: str) -> None:
    """Raise :class:`~hepdl.errors.ParameterError` for a unit of energy in other letters."""
    spelt = {unit.lower(): unit for unit in ENERGIES}
    for pattern, unit in units.items():
        right = spelt.get(unit.lower(), unit)
        if unit != right or not unit:
            advice = f"did you mean '{right}'?" if unit else "leave it out when there is none"
            raise ParameterError(f"{reader}.units: '{pattern}' is said to be in '{unit}'; {advice}")


def _is_pure(name: str, kind: ColumnType) -> bool:
    return not kind.dtype.startswith("float") or name.lower().endswith(PURE_NUMBERS)
