"""P4: four-vectors from the branches of their components."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pydantic import PrivateAttr, model_validator

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events, Jagged
from hepdl.expressions import ParsedExpression, parse
from hepdl.expressions.operations import elementwise
from hepdl.expressions.vectors import FORMULAS, component, ingredients

POLAR, CARTESIAN = ("pt", "eta", "phi"), ("px", "py", "pz")
PURE_NUMBERS = ("eta", "phi", "rapidity")


class P4(Algorithm):
    """Declares a collection of four-vectors: after ``P4("FatJet")`` expressions can say ``FatJet.mass``,
    ``FatJet[0].pt`` (NaN where there is none), ``deltaR(FatJet, Muon[0])``, ``(FatJet[0] + FatJet[1]).mass``.

    The columns ``FatJet.pt``, ``.eta``, ``.phi``, ``.mass``, ``.px``, ``.py``, ``.pz``, ``.energy``, ``.p`` and
    ``.rapidity`` are made as far as later steps read them. What is given stays as it is, what is worked out has
    double precision. Without parameters the branches are ``FatJet_pt``, ``_eta``, ``_phi`` and ``_mass``; any of them
    may be an expression, as in ``P4("Muon", mass="0.10566")`` or ``P4("MET", eta="0", mass="0")``.
    """

    positional: ClassVar[tuple[str, ...]] = ("collection",)

    collection: str = parameter(min_length=1)
    """Name of the collection, in front of the dot."""
    pt: str = ""
    """Transverse momentum; branch ``<collection>_pt`` when empty, and likewise the others."""
    eta: str = ""
    """Pseudorapidity."""
    phi: str = ""
    """Azimuth."""
    mass: str = ""
    """Mass; taken together with pt, eta and phi unless the energy is given."""
    px: str = ""
    """First Cartesian component; given with py and pz in place of pt, eta and phi."""
    py: str = ""
    """Second Cartesian component."""
    pz: str = ""
    """Component along the beam."""
    energy: str = ""
    """Energy, in place of the mass; branch ``<collection>_energy`` when empty and px, py or pz is given."""
    separator: str = "_"
    """What stands between collection and component in the names of the branches, as ``"."``."""
    _wanted: tuple[str, ...] = PrivateAttr(tuple(FORMULAS))

    @property
    def label(self) -> str:
        """The instance name, or the type's name and the collection."""
        return self.name or f"{type(self).__name__}({self.collection})"

    @model_validator(mode="after")
    def _one_system(self) -> Self:
        given = [name for name in (*POLAR, *CARTESIAN, "mass", "energy") if getattr(self, name)]
        if set(given) & set(POLAR) and set(given) & set(CARTESIAN):
            raise ValueError(f"give pt, eta, phi or px, py, pz, not a mixture ({', '.join(given)})")
        if {"mass", "energy"} <= set(given):
            raise ValueError("give the mass or the energy, not both: one follows from the other")
        self.given()
        return self

    def given(self) -> dict[str, ParsedExpression]:
        """Component → the expression that gives it, for those that are not worked out."""
        cartesian = bool(self.px or self.py or self.pz)
        last = "mass" if self.mass or not (self.energy or cartesian) else "energy"
        names = (*(CARTESIAN if cartesian else POLAR), last)
        texts = {name: getattr(self, name) or f"{self.collection}{self.separator}{name}" for name in names}
        return {name: parse(text, self.label) for name, text in texts.items()}

    def made(self) -> dict[str, str]:
        """Component → name of the column, for those that are wanted and are no branch of that name already."""
        given = self.given()
        names = {name: f"{self.collection}.{name}" for name in self._wanted}
        return {part: name for part, name in names.items() if part not in given or given[part].text != name}

    def wired(self, kind: str) -> list[str]:
        """The columns are named by the collection."""
        return list(self.made().values()) if kind == "output" else super().wired(kind)

    def making(self, names: set[str]) -> Self:
        """A copy that works out these columns alone and reads what they need."""
        copy = self.model_copy()
        copy._wanted = tuple(part for part, name in self.made().items() if name in names)
        return copy

    def reads(self) -> list[str]:
        """The columns in the expressions of the components."""
        given = self.given()
        return list(dict.fromkeys(name for part in self._needed(given) for name in given[part].names))

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """All components, jagged where the given ones are."""
        types = {part: expression.result_type(columns) for part, expression in self.given().items()}
        for part, kind in types.items():
            if kind.shape:
                raise WiringError(f"{self.label}: {part} is {kind}, but one number a particle or an event is needed")
        jagged, unit = any(kind.jagged for kind in types.values()), self._unit(columns)
        return {
            name: ColumnType(
                types[part].dtype if part in types else "float64",
                jagged=jagged,
                unit="" if part in PURE_NUMBERS else unit,
            )
            for part, name in self.made().items()
        }

    def execute(self, events: Events) -> dict[str, Column]:
        """The components that are wanted."""
        given = self.given()
        values: dict[str, Any] = {part: given[part].evaluate(events, self.before) for part in self._needed(given)}
        like = next((value for value in values.values() if isinstance(value, Jagged)), None)
        if like is not None:
            values = {part: v if isinstance(v, Jagged) else _repeated(v, like) for part, v in values.items()}
        made = self.made()
        with np.errstate(all="ignore"):
            for part in FORMULAS:  # Cartesian ones first: the others follow from them
                if part in made:
                    values[part] = component(part, values)
        return {made[part]: values[part] for part in made}

    def _unit(self, columns: Columns) -> str:
        """The unit of momenta, energy and mass, as far as their columns say one."""
        units = {
            part: columns[expression.text].unit
            for part, expression in self.given().items()
            if part not in PURE_NUMBERS and expression.text in columns and columns[expression.text].unit
        }
        if len(set(units.values())) > 1:
            said = ", ".join(f"{part} in {unit}" for part, unit in units.items())
            raise WiringError(f"{self.label}: {said}; bring them to one unit before, as with pt='pt / 1000'")
        return next(iter(units.values()), "")

    def _needed(self, given: dict[str, ParsedExpression]) -> list[str]:
        """The given components that are read; the first one always, since it says how many particles there are."""
        needed = {each for part in self.made() for each in ingredients(part, given)}
        return [part for i, part in enumerate(given) if i == 0 or part in needed]


_repeated = elementwise(lambda value, like: np.broadcast_to(value, np.shape(like)))
"""A value of the event, repeated for each particle."""
