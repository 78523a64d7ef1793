"""Hundreds of samples from a table."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hepdl.errors import InputError, ParameterError, did_you_mean, listed
from hepdl.sources import Sample

NUMBERS = ("label", "weight", "xsec", "k_factor", "filter_efficiency", "sum_of_weights", "fraction")
"""Columns whose cells are numbers where they look like numbers."""


class Samples(list[Sample]):
    """Samples as a table holds them: ``RootReader(*Samples.from_csv("samples.csv"), tree="Events")``."""

    @classmethod
    def from_csv(cls, path: str) -> Samples:
        """The samples of a CSV file, one a line; empty lines and those that begin with ``#`` are left out.

        The first line names the columns: parameters of :class:`Sample`, at least ``name`` and ``files``. An empty cell
        means the default. ``files`` may hold several patterns with ``;`` between them, relative ones start from the
        folder of the table. ``label`` and ``weight`` are numbers or expressions.

        Raises:
            InputError: the table cannot be read, has no samples, an unknown column, or a line of another length.
            ParameterError: a cell does not fit, or two samples have one name.
        """
        table = Path(os.path.expandvars(path)).expanduser()
        lines = _lines(table, path)
        number, head = next(lines, (0, []))
        _check_head(head, f"table '{path}', line {number}")
        samples = cls()
        for number, cells in lines:
            place = f"table '{path}', line {number}"
            samples.append(_sample(head, cells, table.parent, place))
            if samples[-1].name in [sample.name for sample in samples[:-1]]:
                raise ParameterError(f"{place}, column 'name': there is a sample '{samples[-1].name}' already")
        if not samples:
            raise InputError(f"table '{path}' holds no samples")
        return samples


def _lines(table: Path, path: str) -> Iterator[tuple[int, list[str]]]:
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"table '{path}' cannot be read: {error}") from None
    reader = csv.reader(text.splitlines(), skipinitialspace=True)
    for cells in reader:
        if any(cells) and not cells[0].startswith("#"):
            yield reader.line_num, [cell.strip() for cell in cells]


def _check_head(names: list[str], place: str) -> None:
    known = list(Sample.model_fields)
    for name in names:
        if name not in known:
            raise InputError(f"{place}: a sample has no '{name}'{did_you_mean(name, known)}")
    missing = [name for name in ("name", "files") if name not in names]
    if missing or len(set(names)) < len(names):
        problem = f"column '{missing[0]}' is missing" if missing else "a column stands twice"
        raise InputError(f"{place}: {problem}; the columns are: {listed(names) or 'none'}")


def _sample(head: list[str], cells: list[str], folder: Path, place: str) -> Sample:
    if len(cells) != len(head):
        columns = f"{len(head)} columns ({', '.join(head)})"
        raise InputError(f'{place}: {len(cells)} cells for {columns}; put a cell with a comma into quotes, "a,b"')
    values = {name: _value(name, cell) for name, cell in zip(head, cells, strict=True) if cell}
    if "files" in values:
        values["files"] = [_from(folder, pattern.strip()) for pattern in values["files"].split(";") if pattern.strip()]
    try:
        return Sample(**values)
    except ParameterError as error:
        raise ParameterError(f"{place}: {error}") from None


def _value(name: str, cell: str) -> Any:
    if name not in NUMBERS:
        return cell
    try:
        number = float(cell)
    except ValueError:
        return cell
    return int(number) if name == "label" and number.is_integer() else number


def _from(folder: Path, pattern: str) -> str:
    """A pattern that starts from the folder of the table, unless it says where it starts."""
    absolute = pattern.startswith(("/", "~", "$")) or "://" in pattern
    return pattern if absolute else str(folder / pattern)
