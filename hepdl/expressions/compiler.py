"""From a syntax tree to a function of the events; a node that is not known here is refused."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import reduce
from typing import NoReturn

import numpy as np

from hepdl.errors import ExpressionError, did_you_mean
from hepdl.events import Column, Events, Jagged
from hepdl.expressions.functions import BINARY, COMPARE, CONSTANTS, FUNCTIONS, LOGIC, UNARY
from hepdl.expressions.operations import Operation, Value
from hepdl.expressions.particles import chosen, particle, particles

Evaluator = Callable[[Events], Value]

_HINTS: dict[type[ast.AST], str] = {
    ast.Attribute: "names with a dot cannot be used; functions stand alone, as in sqrt(x)",
    ast.IfExp: "write where(condition, yes, no)",
    ast.BitXor: "write ** for a power",
    ast.LShift: "write the number itself",
    ast.In: "compare with == and combine with 'or'",
    ast.Constant: "only numbers, True and False can stand here",
}
_ELSE = "only arithmetic, comparisons, and/or/not, functions and [:, n] are known"


class Compiler:
    """Translates the nodes of one expression into functions of the events and collects the columns they read."""

    def __init__(self, source: bytes) -> None:
        self.names: dict[str, None] = {}
        self._source = source

    def compile(self, node: ast.expr) -> Evaluator:  # noqa: PLR0911, RET503  (one for each kind of node)
        """The function for a node and all below it. Raises :class:`ExpressionError`."""
        match node:
            case ast.Constant(value=bool() | int() | float() as number):
                return _constant(number)
            case ast.Name(id=name):
                return self._name(name)
            case ast.BoolOp(op=op, values=terms):
                return _folded(LOGIC[type(op)], [self.compile(term) for term in terms])
            case ast.UnaryOp(op=op, operand=operand):
                return self._unary(op, operand)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(left, op, right)
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._compare([left, *others], ops)
            case ast.Call(func=function, args=arguments, keywords=keywords):
                return self._call(function, arguments, bool(keywords))
            case ast.Subscript(value=value, slice=index):
                return self._subscript(self.compile(value), index)
            case _:
                self._refuse(node, node)

    def _refuse(self, node: ast.expr, reason: ast.AST) -> NoReturn:
        raise ExpressionError(f"'{self._text(node)}' is not allowed: {_HINTS.get(type(reason), _ELSE)}")

    def _text(self, node: ast.expr) -> str:
        return self._source[node.col_offset : node.end_col_offset].decode().replace("\t", " ")

    def _bare(self, node: ast.expr) -> bool:
        """Whether no parentheses stand around a node: the tree itself does not tell."""
        before = self._source[: node.col_offset].rstrip()
        after = self._source[node.end_col_offset or 0 :].lstrip()
        return not (before.endswith(b"(") and after.startswith(b")"))

    def _name(self, name: str) -> Evaluator:
        if name in CONSTANTS:
            return _constant(CONSTANTS[name])
        self.names[name] = None
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
        return _chained([COMPARE[type(op)] for op in ops], [self.compile(side) for side in sides])

    def _need_parentheses(self, side: ast.expr) -> None:
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.BitAnd | ast.BitOr) and self._bare(side):
            raise ExpressionError(
                f"'&' and '|' bind more tightly than comparisons, so this compares '{self._text(side)}'; "
                "put parentheses around each comparison, as in (a > 1) & (b < 2), or use 'and' and 'or'"
            )

    def _call(self, function: ast.expr, arguments: list[ast.expr], keywords: bool) -> Evaluator:
        if not isinstance(function, ast.Name):
            self._refuse(function, function)
        if function.id not in FUNCTIONS:
            raise ExpressionError(f"there is no function '{function.id}'{did_you_mean(function.id, FUNCTIONS)}")
        if keywords or any(isinstance(argument, ast.Starred) for argument in arguments):
            raise ExpressionError(f"{function.id} takes its arguments by position")
        _need_count(function.id, FUNCTIONS[function.id].takes, len(arguments))
        call, values = FUNCTIONS[function.id].call, [self.compile(argument) for argument in arguments]
        return lambda events: call(*(value(events) for value in values))

    def _subscript(self, value: Evaluator, index: ast.expr) -> Evaluator:
        match index:
            case ast.Tuple(elts=[ast.Slice(lower=None, upper=None, step=None), ast.Slice(step=None) as run]):
                part = slice(*(end if end is None else self._whole(end) for end in (run.lower, run.upper)))
                return lambda events: particles(value(events), part)
            case ast.Tuple(elts=[ast.Slice(lower=None, upper=None, step=None), ast.expr() as number]):
                place = self._whole(number)
                return lambda events: particle(value(events), place)
            case ast.Tuple() | ast.Slice() | ast.Constant():
                raise ExpressionError(f"'[{self._text(index)}]' is not allowed: write [:, 0], [:, :3] or [condition]")
        mask = self.compile(index)
        return lambda events: chosen(value(events), mask(events))

    def _whole(self, node: ast.expr) -> int:
        sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
        match node:
            case ast.Constant(value=int() as number) | ast.UnaryOp(operand=ast.Constant(value=int() as number)):
                return sign * number
        raise ExpressionError(f"a whole number must stand in [:, ...], not '{self._text(node)}'")


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
