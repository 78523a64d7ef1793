"""Familiarity: whether columns look as those did that a run learned from, in units and range, by a sample of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hepdl.data.table import Table
from hepdl.errors import BadValues
from hepdl.events import Jagged

SAMPLED = 20_000
"""About how many values of a column are looked at."""
FEWEST = 50
"""Values below which nothing can be said."""
THOUSAND = (300.0, 3000.0)
"""What a factor of 1000 may look like between two sets of events."""
MANY, SOME = 0.5, 0.01
"""Share of values beyond the range of the run that is an error, and that is told."""


@dataclass(frozen=True)
class Look:
    """How the values of a column look."""

    least: float
    most: float
    typical: float
    """Median of their absolute values."""


def looks(table: Table) -> dict[str, Look]:
    """The look of each column of numbers; of a group that of each member, ``name[i]``."""
    return {name: _look(values) for name, values in _sampled(table, table.names) if len(values) >= FEWEST}


def unfamiliar(table: Table, before: Mapping[str, Look], names: Collection[str]) -> list[str]:
    """Remarks on columns ``names`` that reach beyond what a run has seen.

    Raises:
        BadValues: a column has another unit, one value only, or lies mostly where the run has seen nothing.
    """
    notes = []
    for name, values in _sampled(table, [name for name in table.names if name in names]):
        if name in before and len(values) >= FEWEST:
            outside = float(np.mean((values < before[name].least) | (values > before[name].most)))
            _refuse(name, _look(values), before[name], outside)
            if outside > SOME:
                notes.append(
                    f"column '{name}': {outside:.0%} of the values lie beyond {_range(before[name])} of the run"
                )
    return notes


def _refuse(name: str, here: Look, there: Look, outside: float) -> None:
    problem = ""
    ratio = here.typical / there.typical if there.typical and here.typical else 1.0
    if THOUSAND[0] < max(ratio, 1 / ratio) < THOUSAND[1]:
        problem = f"has a median absolute value of {here.typical:.4g}, in the run {there.typical:.4g}: MeV and GeV?"
    elif here.least == here.most and there.least < there.most:
        problem = f"is {here.least:g} throughout, in the run it has {_range(there)}"
    elif outside > MANY:
        problem = f"lies to {outside:.0%} beyond {_range(there)} of the run, a network knows nothing there"
    if problem:
        raise BadValues(f"column '{name}' {problem}; mend the files, or say --strange when this is meant")


def _range(look: Look) -> str:
    return f"the range {look.least:.4g} to {look.most:.4g}"


def _look(values: np.ndarray) -> Look:
    return Look(float(values.min()), float(values.max()), float(np.median(np.abs(values))))


def _sampled(table: Table, names: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Some finite values of each column, evenly over all files."""
    for name in names:
        parts = [_values(piece[name]) for piece in table.pieces]
        step = max(1, sum(map(len, parts)) // SAMPLED)
        if not parts or parts[0].dtype.kind not in "iuf":
            continue
        values = np.concatenate([part[::step].reshape(len(part[::step]), -1) for part in parts]).astype(np.float64)
        for member in range(values.shape[1]):
            own = values[:, member]
            yield name if values.shape[1] == 1 else f"{name}[{member}]", own[np.isfinite(own)]


def _values(column: object) -> np.ndarray:
    values: np.ndarray = column.values if isinstance(column, Jagged) else column  # type: ignore[assignment]
    return values
