"""From a syntax tree to a function of the events; a node that is not known here is refused."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import reduce
from typing import NoReturn

import numpy as np

from hepdl.errors import ExpressionError, did_you_mean
from hepdl.events import Column, Events, Jagged
from hepdl.expressions.functions import BINARY, COMPARE, CONSTANTS, FOREIGN, FUNCTIONS, LOGIC, UNARY
from hepdl.expressions.operations import Operation, Value
from hepdl.expressions.particles import chosen, particle, particles
from hepdl.expressions.units import bare, in_gev, names_energy, refuse_mixture, unit_of
from hepdl.expressions.vectors import DISTANCES, Evaluator, Vector, combined, distance

_HINTS: dict[type[ast.AST], str] = {
    ast.Attribute: "functions stand alone, as in sqrt(x)",
    ast.IfExp: "write where(condition, yes, no)",
    ast.BitXor: "write ** for a power",
    ast.LShift: "write the number itself",
    ast.In: "compare with == and combine with 'or'",
    ast.Constant: "only numbers, True and False can stand here",
}
_ELSE = "only arithmetic, comparisons, and/or/not, functions and [n] are known"
_PICKS = ("leading", "take")
"""Functions that pick some of the four-vectors that are their first argument."""


class Compiler:
    """Translates the nodes of one expression into functions of the events and collects the columns they read."""

    def __init__(self, source: bytes) -> None:
        self.names: dict[str, None] = {}
        self._source = source
        self._energy = False
        """Whether the term at hand names a unit of energy."""

    def term(self, node: ast.expr) -> Evaluator:
        """As :meth:`compile`, for a node that stands for itself: all of it, or a condition in it."""
        outer, self._energy = self._energy, names_energy(node)
        evaluator = self.compile(node)
        self._energy = outer
        return evaluator

    def compile(self, node: ast.expr) -> Evaluator:  # noqa: PLR0911, RET503  (one for each kind of node)
        """The function for a node and all below it. Raises :class:`ExpressionError`."""
        match node:
            case ast.Constant(value=bool() | int() | float() as number):
                return _constant(number)
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=value, attr=component):
                name = _dotted(node)
                return self._name(name) if name else self._vector(value)(component)
            case ast.BoolOp(op=op, values=terms):
                return _folded(LOGIC[type(op)], [self.term(term) for term in terms])
            case ast.UnaryOp(op=op, operand=operand):
                return self._unary(op, operand)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(left, op, right)
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._compare([left, *others], ops)
            case ast.Call(func=function, args=arguments, keywords=keywords):
                return self._call(function, arguments, bool(keywords))
            case ast.Subscript(value=value, slice=index):
                return self._picked(index)(self.compile(value))
            case _:
                self._refuse(node, node)

    def _vector(self, node: ast.expr) -> Vector:
        """The four-vectors that a node stands for: a name in front of its components, some of them, or a sum."""
        match node:
            case ast.Name() | ast.Attribute() if name := _dotted(node):
                return lambda component: self._name(f"{name}.{component}")
            case ast.Subscript(value=value, slice=index):
                vector, pick = self._vector(value), self._picked(index)
                return lambda component: pick(vector(component))
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
                return combined([self._vector(left), self._vector(right)], BINARY[type(op)])
            case ast.Call(func=ast.Name(id="sum"), args=[value]):
                return combined([self._vector(value)], FUNCTIONS["sum"].call)
            case ast.Call(func=ast.Name(id=name), args=[value, number]) if name in _PICKS:
                vector, call, argument = self._vector(value), FUNCTIONS[name].call, self.compile(number)
                return lambda component: _called(call, [vector(component), argument])
        raise ExpressionError(f"'{self._text(node)}' is no four-vector: write FatJet, FatJet[0], a + b or sum(FatJet)")

    def _refuse(self, node: ast.expr, reason: ast.AST) -> NoReturn:
        raise ExpressionError(f"'{self._text(node)}' is not allowed: {_HINTS.get(type(reason), _ELSE)}")

    def _text(self, node: ast.expr) -> str:
        return self._source[node.col_offset : node.end_col_offset].decode().replace("\t", " ").replace(" .", "::")

    def _bare(self, node: ast.expr) -> bool:
        """Whether no parentheses stand around a node: the tree itself does not tell."""
        before = self._source[: node.col_offset].rstrip()
        after = self._source[node.end_col_offset or 0 :].lstrip()
        return not (before.endswith(b"(") and after.startswith(b")"))

    def _name(self, name: str) -> Evaluator:
        if name in CONSTANTS:
            return _constant(CONSTANTS[name])
        self.names[name] = None
        if self._energy:
            return lambda events: in_gev(_wide(events[name]), unit_of(events, name))
        return lambda events: _wide(events[name])

    def _unary(self, op: ast.unaryop, operand: ast.expr) -> Evaluator:
        if isinstance(op, ast.Not) and self._is_tight(operand):
            raise ExpressionError(f"put parentheses behind '!', as in !({self._text(operand)})")
        operation, value = UNARY[type(op)], self.compile(operand)
        return lambda events: operation(value(events))

    def _is_tight(self, operand: ast.expr) -> bool:
        """Whether ``!`` stands before an operation, where C would take it to belong to the first name only."""
        exclaimed = self._source[: operand.col_offset].rstrip(b" (").endswith(b"not\t")
        return exclaimed and isinstance(operand, ast.Compare | ast.BinOp) and self._bare(operand)

    def _binary(self, left: ast.expr, op: ast.operator, right: ast.expr) -> Evaluator:
        if type(op) not in BINARY:
            self._refuse(right, op)
        return _folded(BINARY[type(op)], [self.compile(left), self.compile(right)])

    def _compare(self, sides: list[ast.expr], ops: list[ast.cmpop]) -> Evaluator:
        for side in sides:
            self._need_parentheses(side)
        for op, side in zip(ops, sides[1:], strict=True):
            if type(op) not in COMPARE:
                self._refuse(side, op)
        outer, self._energy = self._energy, any(map(names_energy, sides))
        compared = _chained([COMPARE[type(op)] for op in ops], [self.compile(side) for side in sides])
        energy, self._energy = self._energy, outer
        columns = [name for name in map(bare, sides) if name]

        def evaluate(events: Events) -> Value:
            refuse_mixture(events, columns, energy)
            return compared(events)

        return evaluate if columns else compared

    def _need_parentheses(self, side: ast.expr) -> None:
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.BitAnd | ast.BitOr) and self._bare(side):
            raise ExpressionError(
                f"'&' and '|' bind more tightly than comparisons, so this compares '{self._text(side)}'; "
                "put parentheses around each comparison, as in (a > 1) & (b < 2), or use 'and' and 'or'"
            )

    def _call(self, function: ast.expr, arguments: list[ast.expr], keywords: bool) -> Evaluator:
        name = self._function(function)
        if keywords or any(isinstance(argument, ast.Starred) for argument in arguments):
            raise ExpressionError(f"{name} takes its arguments by position")
        if name in CONSTANTS and not arguments:
            return _constant(CONSTANTS[name])
        if name in DISTANCES:
            _need_count(name, 2, len(arguments))
            return distance(name, *map(self._vector, arguments))
        if name not in FUNCTIONS:
            raise ExpressionError(f"there is no function '{name}'{did_you_mean(name, [*FUNCTIONS, *DISTANCES])}")
        _need_count(name, FUNCTIONS[name].takes, len(arguments))
        return _called(FUNCTIONS[name].call, [self.compile(argument) for argument in arguments])

    def _function(self, node: ast.expr) -> str:  # noqa: RET503
        """The name of a function, in our spelling if it was written as ``TMath::Abs`` or ``std::abs``."""
        match node:
            case ast.Name(id=name):
                return name if name in FUNCTIONS else FOREIGN.get(name, name)
            case ast.Attribute(value=ast.Name(id="TMath" | "std" as space), attr=name):
                if name.lower() not in FOREIGN:
                    raise ExpressionError(f"'{space}::{name}' is not known{did_you_mean(name, FOREIGN)}")
                return FOREIGN[name.lower()]
        self._refuse(node, node)

    def _picked(self, index: ast.expr) -> Callable[[Evaluator], Evaluator]:
        """What ``[index]`` does to a list of particles; ``[:, index]`` is the same."""
        match index:
            case ast.Tuple(elts=[ast.Slice(lower=None, upper=None, step=None), behind]):
                return self._picked_by_place(behind)
            case ast.Slice() | ast.Constant() | ast.UnaryOp(op=ast.USub()):
                return self._picked_by_place(index)
            case ast.Tuple():
                raise ExpressionError(f"'[{self._text(index)}]' is not allowed: write [0], [:3] or [condition]")
        mask = self.term(index)
        return lambda value: lambda events: chosen(value(events), mask(events))

    def _picked_by_place(self, index: ast.expr) -> Callable[[Evaluator], Evaluator]:
        if not isinstance(index, ast.Slice):
            place = self._whole(index)
            return lambda value: lambda events: particle(value(events), place)
        if index.step is not None:
            raise ExpressionError(f"'[{self._text(index)}]' is not allowed: particles are taken without gaps")
        run = slice(*(end if end is None else self._whole(end) for end in (index.lower, index.upper)))
        return lambda value: lambda events: particles(value(events), run)

    def _whole(self, node: ast.expr) -> int:
        sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
        match node:
            case ast.Constant(value=int() as number) | ast.UnaryOp(operand=ast.Constant(value=int() as number)):
                return sign * number
        raise ExpressionError(f"a whole number must stand in [...], not '{self._text(node)}'")


def _dotted(node: ast.expr) -> str:
    """``jet.pt`` as the name that it is; empty when something else than names stands around the dots."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name) if front := _dotted(value):
            return f"{front}.{name}"
    return ""


def _called(call: Operation, values: list[Evaluator]) -> Evaluator:
    return lambda events: call(*(value(events) for value in values))


def _constant(number: bool | int | float) -> Evaluator:
    if isinstance(number, int) and number >= 2**63:
        raise ExpressionError(f"{number} is larger than a 64-bit integer can hold; write it as {float(number):g}")
    return lambda _: number


def _folded(operation: Operation, terms: list[Evaluator]) -> Evaluator:
    def evaluate(events: Events) -> Value:
        value: Value = reduce(operation, (term(events) for term in terms))
        return value

    return evaluate


def _chained(operations: list[Operation], sides: list[Evaluator]) -> Evaluator:
    """``a < b < c`` as ``(a < b) and (b < c)``, each side evaluated once."""

    def evaluate(events: Events) -> Value:
        values = [side(events) for side in sides]
        pairs = zip(operations, values, values[1:], strict=False)
        value: Value = reduce(LOGIC[ast.And], [operation(left, right) for operation, left, right in pairs])
        return value

    return evaluate


def _need_count(name: str, takes: int, got: int) -> None:
    if got != takes:
        hint = f"; of two values use {name}imum(a, b)" if name in ("min", "max") else ""
        raise ExpressionError(f"{name} takes {takes} argument{'s' * (takes > 1)}, got {got}{hint}")


def _wide(column: Column) -> Column:
    """Short integers as 64 bits, so that sums and products of them do not wrap around."""
    if isinstance(column, Jagged):
        return Jagged(_wide(column.values), column.offsets)
    return column.astype(np.int64) if column.dtype.kind in "iu" and column.dtype.itemsize < 8 else column
