"""Filter: keep the events for which an expression is true."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import field_validator

from hepdl.algorithm import Selection
from hepdl.columns import Columns, ColumnType
from hepdl.events import Events
from hepdl.expressions import ParsedExpression, need_mask, parse, type_of


class Filter(Selection):
    """Keeps the events for which an expression is true: ``Filter("jet_pt > 400 and abs(jet_eta) < 2")``."""

    positional: ClassVar[tuple[str, ...]] = ("selection",)

    selection: str
    """True for the events that stay; a comparison with NaN is false."""

    @field_validator("selection")
    @classmethod
    def _well_formed(cls, text: str) -> str:
        return parse(text, "Filter").text

    @property
    def parsed(self) -> ParsedExpression:
        """The selection, ready to be evaluated."""
        return parse(self.selection, self.label)

    def reads(self) -> list[str]:
        """The columns in the selection."""
        return self.parsed.names

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Nothing is added; raises :class:`hepdl.errors.ExpressionError` when the selection is not yes or no."""
        need_mask(self.parsed.result_type(columns), self.parsed.place)
        return {}

    def execute(self, events: Events) -> np.ndarray:
        """The mask ``[N]``, true for the events that stay."""
        mask = self.parsed.evaluate(events, self.before)
        need_mask(type_of(mask), self.parsed.place)
        return np.asarray(mask)
