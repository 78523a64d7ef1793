"""Values that must not reach a training unseen: not finite, duplicated, without weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hepdl.data.table import Table
from hepdl.errors import BadValues
from hepdl.events import Events, Jagged
from hepdl.sources import Source


def refuse_not_finite(events: Events, names: Sequence[str], sources: Sequence[Source]) -> None:
    """Raise when a column that a device step will read holds NaN or infinities; says column, count and first place."""
    for name in names:
        column = events[name]
        values = column.values if isinstance(column, Jagged) else column
        if values.dtype.kind != "f":
            continue
        bad = ~np.isfinite(values)
        if bad.any():
            row = _row_of_first(bad, column)
            source = sources[int(events["source"][row])]
            raise BadValues(
                f"column '{name}' holds {int(bad.sum())} values that are not finite (NaN or infinite), the first in "
                f"sample '{source.sample.name}', {source.path}, entry {int(events['entry'][row])}; reject them with "
                f"Filter('isfinite({name})') or define the column so that it is finite"
            )


def _row_of_first(bad: np.ndarray, column: object) -> int:
    first = int(np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))[0])
    if isinstance(column, Jagged):
        return int(np.searchsorted(column.offsets, first, side="right") - 1)
    return first


def refuse_duplicates(names: Sequence[str], identity: Sequence[np.ndarray], dataset: str) -> None:
    """Raise when two entries of a dataset have the same identity."""
    rows = np.stack([np.asarray(column, np.int64) for column in identity], axis=1)
    unique, counts = np.unique(rows, axis=0, return_counts=True)
    extra = len(rows) - len(unique)
    if extra:
        example = ", ".join(f"{name}={value}" for name, value in zip(names, unique[np.argmax(counts)], strict=True))
        raise BadValues(
            f"dataset '{dataset}' has {extra} duplicated entries by identity {list(names)} (for example {example}, "
            f"{int(counts.max())} times); remove the file that is listed twice, or, when several entries of an event "
            "are meant (one a jet, say), set several_per_event=True or to the branch that numbers them"
        )


def refuse_useless_weights(table: Table, sources: Sequence[Source]) -> None:
    """Raise when the weights of a sample are all zero, or their sum is not positive."""
    names = list(dict.fromkeys(source.sample.name for source in sources))
    weight, sample = table.column("weight"), table.column("sample")
    for index, name in enumerate(names):
        weights = weight[sample == index]
        if len(weights) == 0:
            continue
        if not np.any(weights):
            raise BadValues(f"sample '{name}': all {len(weights)} event weights are zero")
        total = float(weights.sum(dtype=np.float64))
        if total <= 0:
            raise BadValues(
                f"sample '{name}': the sum of the {len(weights)} event weights is {total:.6g}, which is not positive"
            )
