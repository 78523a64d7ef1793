"""The table on the screen: plain network, pivot and statistical floor side by side."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np

from hepdl_reports.exam import Value

Row = tuple[str, tuple[str, ...]]


def number(value: float, error: float = float("nan"), digits: int = 3) -> str:
    """``0.0123``, ``12.3 ± 0.4`` (the error with two digits, the value to the same place) or ``-``."""
    if not np.isfinite(value):
        return "-"
    if not np.isfinite(error):
        return f"{value:.5f}" if abs(value) < 1e-3 else f"{value:#.{digits}g}".rstrip(".")
    if error == 0:
        return f"{value:.{digits}g} ± 0"
    places = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{value:.{places}f} ± {error:.{places}f}"


def cells_of(*values: Value | None) -> tuple[str, ...]:
    """One text a column; None leaves the place empty."""
    return tuple("" if value is None else number(*value) for value in values)


def render(title: list[str], head: tuple[str, ...], rows: list[Row]) -> list[str]:
    """Lines of text, columns aligned; a row without cells is a heading."""
    wide = max(len(name) for name, _ in rows) + 2
    widths = [3 + max(map(len, column)) for column in zip_longest(head, *(texts for _, texts in rows), fillvalue="")]
    rule = "─" * max([wide + sum(widths), *map(len, title)])
    body = [_line(name, texts, wide, widths) for name, texts in rows]
    return [*title, *([rule] if title else []), _line("", head, wide, widths), rule, *body, rule]


def _line(name: str, texts: tuple[str, ...], wide: int, widths: list[int]) -> str:
    cells = "".join(text.rjust(width) for text, width in zip(texts, widths, strict=False))
    return f"{name:<{wide}}{cells}".rstrip()
