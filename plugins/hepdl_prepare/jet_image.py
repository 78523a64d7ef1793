"""JetImage: the constituents of a jet as an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from hepdl.algorithm import DeviceAlgorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, Output, Wire, parameter
from hepdl.errors import BadValues, WiringError
from hepdl.events import Column, Events, Jagged

if TYPE_CHECKING:
    from torch import nn


class JetImage(DeviceAlgorithm):
    """The pT of a jet's constituents on a grid of η (columns, ascending) and φ (rows, ascending): ``[C, H, W]``.

    The constituents themselves are moved, turned and mirrored before they are put into pixels, so that no pT is lost
    (arXiv:1407.5675, arXiv:1511.05190): centre at (0, 0); principal axis upright, or the second prong below the
    centre; heavier half to the right. A jet without constituents is an empty image.
    """

    positional: ClassVar[tuple[str, ...]] = ("output",)

    output: Output = "image"
    """Name of the image."""
    pt: Input
    """Transverse momentum of the constituents, or the share of the jet's, jagged."""
    eta: Input
    """Pseudorapidity of the constituents, jagged."""
    phi: Input
    """Azimuth of the constituents, jagged."""
    jet_eta: Input = ""
    """Pseudorapidity of the jet, needed for centre="jet"."""
    jet_phi: Input = ""
    """Azimuth of the jet, needed for centre="jet"."""
    channels: Annotated[list[str], Wire("expression")] = []
    """One channel each: an expression over the constituents with which pT is multiplied, like ``"part_charge != 0"``,
    or ``"1 / part_pt"`` for their number. Empty: one channel of all constituents."""
    pixels: int = parameter(40, ge=1)
    """Pixels along each axis."""
    width: float = parameter(1.6, gt=0)
    """Length of each side in η and φ (radian)."""
    centre: Literal["centroid", "hardest", "jet"] = "centroid"
    """What lies at (0, 0): the mean position weighted with pT, the hardest constituent, or jet_eta and jet_phi."""
    rotate: Literal["principal", "second", "none"] = "principal"
    """What is turned around the centre: the axis of largest spread, weighted with pT, stands upright, its heavier end
    up; or the second prong, the constituent of largest pT ΔR from the centre, lies below."""
    flip: bool = True
    """Mirror at the vertical axis, so that the right half has the larger sum of pT."""
    outside: Literal["border", "drop"] = "border"
    """Constituents outside the frame: into the nearest pixel of the border, so that the sum of pT is kept, or out."""
    normalise: Literal["none", "sum", "squares"] = "none"
    """Divide by the sum of all pixels, or the root of the sum of squares, which hides the jet's mass."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.centre == "jet") != bool(self.jet_eta and self.jet_phi) or bool(self.jet_eta) != bool(self.jet_phi):
            raise ValueError('centre="jet" and the columns jet_eta and jet_phi go together: give all three or none')
        return self

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The image ``[C, H, W]`` float32."""
        for name in (self.pt, self.eta, self.phi, *(text for text in self.channels if text in columns)):
            kind = columns.need(name, self.label)
            if not kind.jagged or kind.shape:
                raise WiringError(f"{self.label}: '{name}' is {kind}, one number a constituent (jagged) is needed")
        for name in filter(None, (self.jet_eta, self.jet_phi)):
            if columns.need_flat(name, self.label).shape:
                raise WiringError(f"{self.label}: '{name}' is {columns[name]}, one number a jet is needed")
        return {self.output: ColumnType("float32", (max(1, len(self.channels)), self.pixels, self.pixels))}

    def build(self, columns: Columns) -> nn.Module:
        """A module without parameters."""
        from hepdl_prepare.pixels import Pixels

        return Pixels(self)

    def execute(self, events: Events) -> dict[str, Column]:
        """The image. Raises ``BadValues`` when the lists of constituents differ in length."""
        from hepdl.learning.equal_lengths import need_equal_lengths

        lists = {name: events[name] for name in (self.pt, self.eta, self.phi, *self.channels)}
        numbers = {name: column.values.shape[0] for name, column in lists.items()}
        if len(set(numbers.values())) > 1:
            raise BadValues(f"{self.label}: lists of the same constituents have different lengths in all: {numbers}")
        need_equal_lengths(list(lists.values()))
        pt: Jagged = lists[self.pt]
        axis = [events[self.jet_eta], events[self.jet_phi]] if self.centre == "jet" else []
        factors = [lists[text].values for text in self.channels]
        return {self.output: self.module(pt, lists[self.eta].values, lists[self.phi].values, axis, factors)}
