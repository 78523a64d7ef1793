"""Units in an expression: where it names one, as in ``jet_pt > 500*GeV``, columns whose unit is known come in GeV."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import numpy as np

from hepdl.columns import Columns
from hepdl.errors import ExpressionError
from hepdl.events import Column, Events, Jagged

ENERGIES = {"keV": 1e-6, "MeV": 1e-3, "GeV": 1, "TeV": 1e3}
"""What an expression may multiply with; a number then is in GeV."""


class Measured(Events):
    """Events, and the units of their columns."""

    __slots__ = ("units",)

    def __init__(self, events: Events, columns: Columns) -> None:
        super().__init__(events.columns(), len(events))
        self.units = {name: kind.unit for name, kind in columns.items() if kind.unit}


def unit_of(events: Events, name: str) -> str:
    """The unit of a column; empty where it is not known."""
    return events.units.get(name, "") if isinstance(events, Measured) else ""


def in_gev(column: Column, unit: str) -> Column:
    """A column of energies in GeV; as it is where the unit is no energy, or not known."""
    factor = ENERGIES.get(unit, 1)
    if factor == 1:
        return column
    if isinstance(column, Jagged):
        return Jagged(in_gev(column.values, unit), column.offsets)
    values = column.astype(np.result_type(column.dtype, np.float32))
    return values * factor if factor > 1 else values / round(1 / factor)  # both exact where the result is


def names_energy(node: ast.AST) -> bool:
    """Whether a unit of energy stands in this term, outside of the comparisons and conditions within it."""
    left = list(ast.iter_child_nodes(node)) if isinstance(node, ast.Compare) else [node]
    while left:
        each = left.pop()
        if isinstance(each, ast.Name) and each.id in ENERGIES:
            return True
        if isinstance(each, ast.Subscript):
            left.append(each.value)
        elif not isinstance(each, ast.Compare | ast.BoolOp):
            left += ast.iter_child_nodes(each)
    return False


def bare(node: ast.expr) -> str:
    """The column that a side of a comparison is of, if it is one, or the size, sum or some of one; else empty."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Subscript(value=value) | ast.UnaryOp(operand=value):
            return bare(value)
        case ast.Call(func=ast.Name(id="abs" | "sum" | "min" | "max" | "mean" | "leading"), args=[value, *_]):
            return bare(value)
    return ""


def refuse_mixture(events: Events, sides: Sequence[str], energy: bool) -> None:
    """Raise :class:`ExpressionError` when the sides of a comparison are known to be in units that do not go together.

    ``energy`` says whether the comparison names a unit of energy, so that all sides are brought to GeV.
    """
    units = {name: unit for name in sides if (unit := unit_of(events, name))}
    other = [name for name, unit in units.items() if energy and unit not in ENERGIES]
    if other:
        raise ExpressionError(f"'{other[0]}' is in {units[other[0]]}, which is no energy, but is compared with one")
    if not energy and len(set(units.values())) > 1:
        said = " with ".join(f"'{name}' in {unit}" for name, unit in units.items())
        raise ExpressionError(f"this compares {said}; bring them to one unit before, energies with ToGeV([...])")
