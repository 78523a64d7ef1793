"""Split: which part an event belongs to, decided by a hash of what it is, never by where it lies.

The hash mixes the name of the dataset and the integers that name an event, nothing else: no file name, no place in
the file, no variation. So all jets of an event and all variations of it share a part, on every machine and for ever.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import field_validator, model_validator

from hepdl.description import Description
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Column
from hepdl.expressions import need_mask, parse, type_of
from hepdl.sources import PARTS


class Split(Description):
    """Training, validation and test parts.

    An event belongs to the part whose expression is true for it; those that no expression claims are divided by the
    fractions, which must add up to 1.
    """

    positional: ClassVar[tuple[str, ...]] = PARTS

    train: float | str = 0.6
    """Fraction of the events, or an expression that is true for them."""
    validation: float | str = 0.2
    """Fraction of the events, or an expression that is true for them."""
    test: float | str = 0.2
    """Fraction of the events, or an expression that is true for them."""
    salt: int = 0
    """Another number gives another, independent division."""

    @field_validator(*PARTS)
    @classmethod
    def _share(cls, share: float | str) -> float | str:
        if isinstance(share, str):
            parse(share, "Split")
        elif not 0 <= share < np.inf:
            raise ValueError("a fraction should be a number that is not negative")
        return share

    @model_validator(mode="after")
    def _something(self) -> Split:
        total = sum(self.fractions().values())
        if self.fractions() and abs(total - 1) > 1e-6:
            raise ParameterError(f"Split: the fractions {self.fractions()} add up to {total:g}, should add up to 1")
        return self

    def fractions(self) -> dict[str, float]:
        """Part → its fraction of the events that no expression claims, not normalised."""
        return {part: share for part in PARTS if not isinstance(share := getattr(self, part), str)}

    def expressions(self) -> list[str]:
        """The expressions among the parts, to be evaluated before :meth:`assign`."""
        return [share for part in PARTS if isinstance(share := getattr(self, part), str)]

    def assign(self, identity: list[np.ndarray], dataset: str, claims: dict[str, Column]) -> np.ndarray:
        """The part of each event, ``[N]`` int8: its index in :data:`hepdl.sources.PARTS`.

        ``identity`` are the integer columns ``[N]`` that name an event, ``claims`` the results of the expressions by
        their texts. Raises :class:`BadValues` when two parts claim an event, or none does and there is no fraction.
        """
        part = self._claimed(claims, len(identity[0]))
        rest = np.flatnonzero(part < 0)
        if len(rest):
            part[rest] = self._drawn(uniform([column[rest] for column in identity], dataset, self.salt))
        return part

    def _claimed(self, claims: dict[str, Column], length: int) -> np.ndarray:
        part = np.full(length, -1, np.int8)
        for index, text in enumerate(getattr(self, name) for name in PARTS):
            if isinstance(text, str):
                need_mask(type_of(claims[text]), f"Split: expression '{text}'")
                self._refuse_twice(claims[text] & (part >= 0), text)
                part[claims[text]] = index
        return part

    def _refuse_twice(self, twice: np.ndarray, text: str) -> None:
        if twice.any():
            raise BadValues(
                f"Split: {twice.sum()} events belong to two parts, one of them '{text}'; parts must not overlap"
            )

    def _drawn(self, number: np.ndarray) -> np.ndarray:
        fractions = self.fractions()
        if not fractions:
            raise BadValues(f"Split: {len(number)} events belong to no part; give one part a fraction instead")
        edges = np.cumsum(list(fractions.values()))
        parts = np.array([PARTS.index(name) for name in fractions], np.int8)
        drawn: np.ndarray = parts[np.searchsorted(edges / edges[-1], number, side="right")]
        return drawn


def uniform(identity: list[np.ndarray], dataset: str, salt: int = 0) -> np.ndarray:
    """Numbers ``[N]`` in [0, 1), float64, that depend on the values of the integer columns, the dataset and the salt.

    The words salt, length of the dataset's name in UTF-8 bytes, these bytes in words of eight (little end first,
    padded with zeros) and the columns in order are folded by ``h = mix(h ^ word)`` from ``h = 0``, where ``mix`` is
    the step of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014); the upper 53 bits of the last ``h`` are the number.
    """
    name = dataset.encode()
    head = np.array([salt % 2**64, len(name)], np.uint64)
    words = np.concatenate([head, np.frombuffer(name + bytes(-len(name) % 8), "<u8")])
    state = np.zeros(1, np.uint64)
    for word in [*words, *map(_word, identity)]:
        state = _mix(np.bitwise_xor(state, word))
    return np.asarray((state >> np.uint64(11)) * 2.0**-53)


def _word(column: np.ndarray) -> np.ndarray:
    """Integers of any width and sign as 64 bits, equal for equal values."""
    if column.dtype.kind not in "iu":
        raise WiringError(f"the columns that name an event must be integers, got {column.dtype}")
    wide = np.uint64 if column.dtype.kind == "u" else np.int64
    return column.astype(wide).view(np.uint64)


def _mix(state: np.ndarray) -> np.ndarray:
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)))
