"""Text as categories: the index of a value in a vocabulary that the script declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hepdl.errors import BadValues, listed
from hepdl.events import Column, Jagged


def encode(column: Column, vocabulary: Sequence[str], where: str) -> Column:
    """Index of each text in the vocabulary, int64. Raises ``BadValues`` naming other values and their number."""
    if isinstance(column, Jagged):
        return Jagged(encode(column.values, vocabulary, where), column.offsets)
    known = np.asarray(vocabulary, dtype=str)
    texts, inverse, times = np.unique(_texts(column), return_inverse=True, return_counts=True)
    index = {text: number for number, text in enumerate(known.tolist())}
    codes = np.array([index.get(text, -1) for text in texts.tolist()], np.int64)
    others = [f"'{texts[i]}' ({times[i]} times)" for i in np.flatnonzero(codes < 0)]
    if others:
        raise BadValues(f"{where}: {listed(others)} not among its categories: {listed(list(vocabulary))}")
    return codes[inverse.reshape(-1)]


def _texts(values: np.ndarray) -> np.ndarray:
    """Fixed or variable bytes and objects as an array of text."""
    if values.dtype.kind == "O":
        values = np.array([_decoded(value) for value in values], dtype=str)
    return np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values


def _decoded(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
