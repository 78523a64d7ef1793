"""RelativeTo: particles in the frame of their jet."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple, Self

import numpy as np
from pydantic import PrivateAttr

from hepdl.algorithm import Algorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events, Jagged
from hepdl.expressions.vectors import wrapped
from hepdl_prepare.same_lengths import need_same_lengths


class Quantity(NamedTuple):
    """A number of each particle, from components of the particle and of its jet."""

    particle: tuple[str, ...]
    jet: tuple[str, ...]
    value: Callable[..., np.ndarray]


def delta_phi(phi: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """φ - φ(jet), from -π to π."""
    difference: np.ndarray = wrapped(phi - axis)
    return difference


QUANTITIES: dict[str, Quantity] = {
    "deta": Quantity(("eta",), ("eta",), lambda eta, axis: eta - axis),
    "dphi": Quantity(("phi",), ("phi",), delta_phi),
    "deltaR": Quantity(("eta", "phi"), ("eta", "phi"), lambda eta, phi, x, y: np.hypot(eta - x, delta_phi(phi, y))),
    "ptrel": Quantity(("pt",), ("pt",), lambda pt, jet: pt / jet),
    "erel": Quantity(("energy",), ("energy",), lambda energy, jet: energy / jet),
    "log_pt": Quantity(("pt",), (), np.log),
    "log_e": Quantity(("energy",), (), np.log),
    "log_ptrel": Quantity(("pt",), ("pt",), lambda pt, jet: np.log(pt / jet)),
    "log_erel": Quantity(("energy",), ("energy",), lambda energy, jet: np.log(energy / jet)),
}


class RelativeTo(Algorithm):
    """Particles in the frame of their jet: ``RelativeTo("part", "jet")`` behind ``P4("part")`` and ``P4("jet")``.

    It makes ``part_deta``, ``part_dphi`` (radian, from -π to π), ``part_deltaR``, the shares ``part_ptrel`` and
    ``part_erel`` of the jet's pT and energy, and the natural logarithms ``part_log_pt``, ``part_log_e``,
    ``part_log_ptrel`` and ``part_log_erel``, as far as later steps read them (arXiv:1902.08570, table 2; there
    logarithms too). Worked out in double precision, stored as float32.
    """

    positional: ClassVar[tuple[str, ...]] = ("particles", "axis")

    particles: str = parameter(min_length=1)
    """Name of the particles: their components are lists ``part.pt``, ``part.eta``, ``part.phi``, ``part.energy``."""
    axis: str = parameter(min_length=1)
    """Name of what they are relative to, one an event, with the same components."""
    separator: str = "."
    """What stands between the name and the component of the particles."""
    axis_separator: str = "."
    """The same for what they are relative to: ``"_"`` for branches ``jet_pt``."""
    mirror: bool = False
    """Change the sign of Δη where the jet has η < 0, so that it always points away from the centre."""
    _wanted: tuple[str, ...] = PrivateAttr(tuple(QUANTITIES))

    @property
    def label(self) -> str:
        """The instance name, or the type's name and the particles."""
        return self.name or f"{type(self).__name__}({self.particles})"

    def made(self) -> dict[str, str]:
        """Quantity → name of its column, for those that are wanted."""
        return {name: f"{self.particles}_{name}" for name in self._wanted}

    def wired(self, kind: str) -> list[str]:
        """The columns are named by the particles."""
        return list(self.made().values()) if kind == "output" else super().wired(kind)

    def making(self, names: set[str]) -> Self:
        """A copy that works out these columns alone and reads what they need."""
        copy = self.model_copy()
        copy._wanted = tuple(quantity for quantity, name in self.made().items() if name in names)
        return copy

    def reads(self) -> list[str]:
        """The components that are needed."""
        names = [name for quantity in self._wanted for side in self._inputs(quantity) for name in side]
        return list(dict.fromkeys(names))

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The quantities; raises ``WiringError`` when the particles are no lists, or the jet is one."""
        for name in self.reads():
            kind = columns.need(name, self.label)
            if kind.shape or kind.jagged != name.startswith(f"{self.particles}{self.separator}"):
                wanted = "one number an event" if kind.jagged else "a jagged column, one number a particle,"
                raise WiringError(f"{self.label}: '{name}' is {kind}; {wanted} is needed")
        return {name: ColumnType("float32", jagged=True) for name in self.made().values()}

    def execute(self, events: Events) -> dict[str, Column]:
        """The quantities that are wanted; not finite where a logarithm has no value.

        Raises ``BadValues`` when components of the particles have different lengths in some event.
        """
        names = [name for quantity in self._wanted for name in self._inputs(quantity)[0]]
        if names:
            need_same_lengths({name: events[name] for name in names}, events, self.label)
        return {name: self._value(quantity, events) for quantity, name in self.made().items()}

    def _inputs(self, quantity: str) -> tuple[list[str], list[str]]:
        """Columns of the particles, and of the jet."""
        return (
            [f"{self.particles}{self.separator}{part}" for part in QUANTITIES[quantity].particle],
            [f"{self.axis}{self.axis_separator}{part}" for part in QUANTITIES[quantity].jet],
        )

    def _value(self, quantity: str, events: Events) -> Jagged:
        particle, jet = self._inputs(quantity)
        first: Jagged = events[particle[0]]
        axes = [np.repeat(events[name].astype(np.float64), first.lengths) for name in jet]
        with np.errstate(all="ignore"):
            values = QUANTITIES[quantity].value(*(events[name].values.astype(np.float64) for name in particle), *axes)
        if quantity == "deta" and self.mirror:
            values = np.where(axes[0] < 0, -values, values)
        return Jagged(values.astype(np.float32), first.offsets)
