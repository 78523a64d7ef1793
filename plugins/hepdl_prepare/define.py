"""Define: a new column from an expression."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import field_validator

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Output
from hepdl.events import Column, Events
from hepdl.expressions import ParsedExpression, parse


class Define(Algorithm):
    """Adds a column: ``Define("tau21", "jet_tau2 / jet_tau1")``.

    The expression may use arithmetic, comparisons, ``and``, ``or``, ``not``, the usual functions, and for lists of
    particles ``sum``, ``max``, ``count``, ``part_pt[0]``, ``part_pt[part_pt > 1]``, ``take(Muon_pt, Jet_muonIdx1)``
    and the like. Names may have dots: ``FatJet.mass``, ``deltaR(FatJet, Muon[0])``, ``(FatJet[0] + FatJet[1]).mass``.
    """

    positional: ClassVar[tuple[str, ...]] = ("column", "expression")

    column: Output
    """Name of the new column."""
    expression: str
    """What it is, in terms of the columns before it."""
    unit: str = ""
    """Its unit, for axes."""
    replace: bool = False
    """A column of this name exists already and shall be replaced for the steps that follow."""

    @property
    def label(self) -> str:
        """The instance name, or the type's name and the column: there may be many in a chain."""
        return self.name or f"{type(self).__name__}({self.column})"

    @field_validator("expression")
    @classmethod
    def _well_formed(cls, text: str) -> str:
        return parse(text, "Define").text

    @property
    def parsed(self) -> ParsedExpression:
        """The expression, ready to be evaluated."""
        return parse(self.expression, self.label)

    def reads(self) -> list[str]:
        """The columns in the expression."""
        return self.parsed.names

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The new column, of the type that the expression gives."""
        return {self.column: replace(self.parsed.result_type(columns), unit=self.unit)}

    def execute(self, events: Events) -> dict[str, Column]:
        """The value of the expression for each event."""
        return {self.column: self.parsed.evaluate(events, self.before)}
