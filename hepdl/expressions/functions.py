"""The words of an expression: operators, functions and constants."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from hepdl.events import Jagged
from hepdl.expressions.operations import Operation, arithmetic, bitwise, division, elementwise, power
from hepdl.expressions.particles import count, leading, least, mean, most, need_list, reduced, take, total
from hepdl.expressions.units import ENERGIES
from hepdl.expressions.vectors import wrapped


class Function(NamedTuple):
    """What a name in front of parentheses means."""

    call: Operation
    takes: int
    """The number of its arguments."""


def _plain(*names: str) -> dict[str, Function]:
    return {name: Function(elementwise(getattr(np, name)), getattr(np, name).nin) for name in names}


def _reduction(name: str, function: Callable[[Jagged], np.ndarray]) -> dict[str, Function]:
    return {name: Function(lambda value: function(need_list(value, name)), 1)}


CONSTANTS: dict[str, float] = {"pi": np.pi, "inf": np.inf, "nan": np.nan} | ENERGIES
"""Constants and units (energies in GeV); an expression cannot read a column of such a name."""

LOGIC: dict[type[ast.boolop], Operation] = {
    ast.And: elementwise(np.logical_and),
    ast.Or: elementwise(np.logical_or),
}
UNARY: dict[type[ast.unaryop], Operation] = {
    ast.USub: elementwise(arithmetic(np.negative)),
    ast.UAdd: elementwise(arithmetic(np.positive)),
    ast.Not: elementwise(np.logical_not),
    ast.Invert: elementwise(np.invert),
}
BINARY: dict[type[ast.operator], Operation] = {
    ast.Add: elementwise(arithmetic(np.add)),
    ast.Sub: elementwise(arithmetic(np.subtract)),
    ast.Mult: elementwise(arithmetic(np.multiply)),
    ast.Div: elementwise(np.true_divide),
    ast.FloorDiv: elementwise(division(np.floor_divide)),
    ast.Mod: elementwise(division(np.remainder)),
    ast.Pow: elementwise(power),
    ast.BitAnd: elementwise(bitwise(np.bitwise_and, "&", "and")),
    ast.BitOr: elementwise(bitwise(np.bitwise_or, "|", "or")),
    ast.RShift: elementwise(np.right_shift),
}
COMPARE: dict[type[ast.cmpop], Operation] = {
    ast.Lt: elementwise(np.less),
    ast.LtE: elementwise(np.less_equal),
    ast.Gt: elementwise(np.greater),
    ast.GtE: elementwise(np.greater_equal),
    ast.Eq: elementwise(np.equal),
    ast.NotEq: elementwise(np.not_equal),
}
FUNCTIONS: dict[str, Function] = (
    _plain("sqrt", "exp", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2")
    | _plain("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "hypot", "floor", "ceil", "minimum", "maximum")
    | _plain("isfinite", "isnan")
    | {
        "abs": Function(elementwise(arithmetic(np.abs)), 1),
        "sign": Function(elementwise(arithmetic(np.sign)), 1),
        "clip": Function(elementwise(np.clip), 3),
        "where": Function(elementwise(np.where), 3),
        "pow": Function(elementwise(power), 2),
        "wrap": Function(elementwise(wrapped), 1),
        "leading": Function(leading, 2),
        "take": Function(take, 2),
    }
    | _reduction("sum", total)
    | _reduction("mean", mean)
    | _reduction("min", least)
    | _reduction("max", most)
    | _reduction("any", lambda particles: reduced(np.logical_or, particles, False, bool))
    | _reduction("all", lambda particles: reduced(np.logical_and, particles, True, bool))
    | _reduction("count", count)
    | _reduction("len", lambda particles: np.asarray(particles.lengths))
)
FOREIGN = {name: name for name in FUNCTIONS} | {
    "fabs": "abs", "acos": "arccos", "asin": "arcsin", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "hypot": "hypot", "pow": "pow", "power": "pow", "min": "minimum",
    "max": "maximum", "pi": "pi", "finite": "isfinite",
}  # fmt: skip
"""Our names for those of ``TMath::`` and ``std::``, in small letters."""
