"""Four-vectors in an expression: each component is a column or a formula, worked out only when it is asked for.

Conventions of scikit-hep ``vector``: ``eta`` is the pseudorapidity, the mass of a space-like vector is negative,
differences of azimuth lie in [-π, π). Formulas work in double precision, so that light particles keep their mass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from hepdl.errors import ExpressionError, did_you_mean
from hepdl.events import Events
from hepdl.expressions.operations import Operation, Value, elementwise

Evaluator = Callable[[Events], Value]
Vector = Callable[[str], Evaluator]
"""From the name of a component to the function that gives its value."""

CARTESIAN = ("px", "py", "pz", "energy")
"""Components that add up."""


class Formula(NamedTuple):
    """How a component follows from others."""

    inputs: tuple[str, ...]
    call: Operation


def _mass(energy: Any, pt: Any, pz: Any) -> Any:
    momentum = np.hypot(pt, pz)
    square = (energy - momentum) * (energy + momentum)
    return np.copysign(np.sqrt(np.abs(square)), square)


def _double(function: Operation) -> Operation:
    return elementwise(lambda *values: function(*(np.asarray(value, np.float64) for value in values)))


FORMULAS = {
    "px": Formula(("pt", "phi"), _double(lambda pt, phi: pt * np.cos(phi))),
    "py": Formula(("pt", "phi"), _double(lambda pt, phi: pt * np.sin(phi))),
    "pz": Formula(("pt", "eta"), _double(lambda pt, eta: pt * np.sinh(eta))),
    "energy": Formula(
        ("mass", "pt", "pz"), _double(lambda mass, pt, pz: np.sqrt(mass * np.abs(mass) + pt * pt + pz * pz))
    ),
    "pt": Formula(("px", "py"), _double(np.hypot)),
    "phi": Formula(("px", "py"), _double(lambda px, py: np.arctan2(py, px))),
    "eta": Formula(("pt", "pz"), _double(lambda pt, pz: np.arcsinh(pz / pt))),
    "mass": Formula(("energy", "pt", "pz"), _double(_mass)),
    "p": Formula(("pt", "pz"), _double(np.hypot)),
    "rapidity": Formula(("energy", "pz"), _double(lambda energy, pz: np.arctanh(pz / energy))),
}
"""Every component, from polar components, from Cartesian ones, or from both kinds."""


def ingredients(name: str, given: Collection[str]) -> set[str]:
    """Which of the ``given`` components a component is made of."""
    if name in given:
        return {name}
    return {found for each in FORMULAS[name].inputs for found in ingredients(each, given)}


def component(name: str, given: Mapping[str, Value]) -> Value:
    """A component of four-vectors of which some components are given."""
    if name in given:
        return given[name]
    formula = FORMULAS[name]
    value: Value = formula.call(*(component(each, given) for each in formula.inputs))
    return value


def combined(vectors: Sequence[Vector], operation: Operation) -> Vector:
    """The vector whose Cartesian components are those of other vectors, added, subtracted or summed up."""

    def of(name: str) -> Evaluator:
        if name not in FORMULAS:
            raise ExpressionError(f"a sum of four-vectors has no component '{name}'{did_you_mean(name, FORMULAS)}")
        needed = [each for each in CARTESIAN if each in ingredients(name, CARTESIAN)]
        parts = {each: [vector(each) for vector in vectors] for each in needed}
        return lambda events: component(
            name, {each: operation(*(part(events) for part in terms)) for each, terms in parts.items()}
        )

    return of


def wrapped(angle: Any) -> Any:
    """An angle brought into [-π, π)."""
    return np.remainder(angle + np.pi, 2 * np.pi) - np.pi


def _distance(function: Operation) -> Operation:
    """``function`` of differences in double precision, as the type that the columns have."""

    def between(*values: Any) -> Any:
        kind = np.result_type(*values, np.float32)
        first, second = np.split(np.asarray(np.broadcast_arrays(*values), np.float64), 2)
        return function(*(one - other for one, other in zip(first, second, strict=True))).astype(kind)

    return elementwise(between)


DISTANCES = {
    "deltaR": Formula(("eta", "phi"), _distance(lambda eta, phi: np.hypot(eta, wrapped(phi)))),
    "deltaPhi": Formula(("phi",), _distance(wrapped)),
    "deltaEta": Formula(("eta",), _distance(lambda eta: eta)),
}
"""Functions of two four-vectors, by the components that they read."""


def distance(name: str, first: Vector, second: Vector) -> Evaluator:
    """The distance of two four-vectors, particle by particle."""
    inputs, call = DISTANCES[name]
    sides = [vector(each) for vector in (first, second) for each in inputs]
    return lambda events: call(*(side(events) for side in sides))
