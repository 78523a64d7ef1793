"""From the text of an expression to its value."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

import numpy as np

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ExpressionError, MissingColumn
from hepdl.events import Column, Events, Jagged
from hepdl.expressions.compiler import Compiler
from hepdl.expressions.units import Measured
from hepdl.expressions.vectors import Evaluator

LONGEST = 4000
"""Characters of an expression."""
DEEPEST = 100
"""Levels of an expression; a sum of n terms has n."""

SHOWN = 200
"""Characters of an expression in a message."""

_FAILURES = (TypeError, ValueError, OverflowError, IndexError, MemoryError, RecursionError)
_SPELLINGS = {"&&": " and ", "||": " or ", "!": " not\t", "::": " ."}


@dataclass(frozen=True)
class ParsedExpression:
    """An expression that is known to be well-formed and harmless."""

    text: str
    """As it was written."""
    names: list[str]
    """The columns it reads, in order."""
    place: str
    """Who uses it and how it reads, for messages."""
    evaluator: Evaluator

    def evaluate(self, events: Events, columns: Columns | None = None) -> Column:
        """One value for each event, or a list for each event, from host columns.

        Where the expression names a unit, those of the ``columns`` whose unit is known are brought to GeV.

        Raises :class:`ExpressionError` when the columns do not fit together, :class:`MissingColumn` when one is not
        there.
        """
        try:
            with np.errstate(all="ignore"):
                value = self.evaluator(Measured(events, columns) if columns else events)
        except MissingColumn as error:
            raise MissingColumn(f"{self.place}: {error}") from None
        except (ExpressionError, *_FAILURES) as error:
            raise ExpressionError(f"{self.place}: {error}") from error
        return value if isinstance(value, np.ndarray | Jagged) else np.full(len(events), value)

    def result_type(self, columns: Columns) -> ColumnType:
        """The type of the result for these columns, found without data; raises like :meth:`evaluate`."""
        empty = {name: _empty(columns.need(name, self.place)) for name in self.names}
        return type_of(self.evaluate(Events(empty, 0), columns))


def parse(text: str, where: str = "") -> ParsedExpression:
    """The expression in ``text``; ``where`` says in messages who uses it. Raises :class:`ExpressionError`."""
    place = f"{where}: expression '{_shown(text)}'".removeprefix(": ")
    try:
        tree, source = _tree(text)
        compiler = Compiler(source)
        evaluator = compiler.term(tree.body)
    except SyntaxError as error:
        raise ExpressionError(f"{place}: {error.msg} {_position(text, error.offset)}") from None
    except (ExpressionError, *_FAILURES) as error:
        raise ExpressionError(f"{place}: {error}") from None
    return ParsedExpression(text, list(compiler.names), place, evaluator)


def type_of(column: Column) -> ColumnType:
    """The type of a host column that is there."""
    values = column.values if isinstance(column, Jagged) else column
    return ColumnType(values.dtype.name, values.shape[1:], jagged=isinstance(column, Jagged))


def need_mask(kind: ColumnType, reader: str) -> None:
    """A selection must say yes or no for each event; raises :class:`ExpressionError` where ``reader``'s does not."""
    if kind.jagged:
        raise ExpressionError(f"{reader}: gives {kind}, one for each particle; reduce it with any(...) or all(...)")
    if kind.dtype != "bool" or kind.shape:
        raise ExpressionError(f"{reader}: gives {kind}, but yes or no is needed; compare it, as in x > 0")


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + " ..."


def _empty(kind: ColumnType) -> Column:
    values = np.zeros((0, *kind.shape), kind.dtype)
    return Jagged(values, np.zeros(1, np.int64)) if kind.jagged else values


def _tree(text: str) -> tuple[ast.Expression, bytes]:
    """The syntax tree, and the text that its positions refer to (in bytes)."""
    if len(text) > LONGEST:
        raise ExpressionError(f"it is longer than {LONGEST} characters; split it up with Define")
    if "#" in text:
        raise ExpressionError("'#' is not allowed")
    source = _respelled(text).lstrip()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source, mode="eval")
    if _depth(tree) > DEEPEST:
        raise ExpressionError(f"it is nested more than {DEEPEST} levels deep; split it up with Define")
    return tree, source.encode()


def _respelled(text: str) -> str:
    """The text on one line, in Python's spelling; a tab marks each ``not`` that was written as ``!``."""
    text = re.sub(r"\s", " ", text)
    return re.sub(r"&&|\|\||!(?!=)|(?<=[a-zA-Z])::", lambda found: _SPELLINGS[found[0]], text)


def _position(text: str, offset: int | None) -> str:
    """Where character ``offset`` (from 1, otherwise the end) of the respelled text stands in ``text``."""
    respelled = _respelled(text)
    reached = (offset or len(respelled)) + len(respelled) - len(respelled.lstrip())
    at = next((i for i in range(1, len(text)) if len(_respelled(text[:i])) >= reached), len(text))
    return f"(at character {at}: '{text[:at][-20:]}' ←)"


def _depth(tree: ast.AST) -> int:
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return depth
