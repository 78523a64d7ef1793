"""Four-momenta of particles as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch

from hepdl.events import Jagged

Components = Literal["cartesian", "polar"]
TINY = 1e-8
"""Keeps a rapidity finite where there is no transverse momentum, GeV."""


class Kinematics(NamedTuple):
    """Transverse momentum, rapidity, azimuth and squared mass of particles, ``[...]`` each."""

    pt: torch.Tensor
    rapidity: torch.Tensor
    phi: torch.Tensor
    mass2: torch.Tensor

    def of(self, particles: torch.Tensor) -> Kinematics:
        """Those of the particles with these numbers."""
        return Kinematics(*(each[particles] for each in self))


def components_of(momenta: Sequence[Jagged]) -> list[torch.Tensor]:
    """The four components ``[n]`` of lists of ``[n]`` or ``[n, F]`` side by side, in their most precise type."""
    columns = [each.values[:, None] if each.values.dim() == 1 else each.values for each in momenta]
    return list(torch.cat(columns, 1).unbind(1))


def kinematics(momenta: Sequence[torch.Tensor], components: Components) -> Kinematics:
    """From ``px, py, pz, E`` or, polar, from ``pT, η, φ, mass``; ``[n]`` each.

    Worked out in the precision of the momenta, for E² − p² loses most of its digits; given in the default one.
    """
    a, b, c, d = _floats(momenta)
    if components == "polar":
        pt, phi, pz, mass2 = a, c, a * b.sinh(), d.square()
    else:
        pt, phi, pz = torch.hypot(a, b), torch.atan2(b, a), c
        mass2 = (d.square() - (a.square() + b.square() + c.square())).clamp_min(0)
    rapidity = torch.asinh(pz / (pt.square() + mass2).sqrt().clamp_min(TINY))
    return Kinematics(*(each.to(torch.get_default_dtype()) for each in (pt, rapidity, phi, mass2)))


def four_vectors(momenta: Sequence[torch.Tensor], components: Components) -> torch.Tensor:
    """``[n, 4]`` of px, py, pz and E in the precision of the momenta, from the same."""
    a, b, c, d = _floats(momenta)
    if components == "polar":
        p = [a * c.cos(), a * c.sin(), a * b.sinh()]
        return torch.stack([*p, (p[0].square() + p[1].square() + p[2].square() + d.square()).sqrt()], 1)
    return torch.stack([a, b, c, d], 1)


def product(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The Minkowski product ``[..., 1]`` of ``[..., 4]`` and ``[..., 4]``: E E' − p·p'."""
    terms = one * other
    return terms[..., 3:] - terms[..., :3].sum(-1, keepdim=True)


def _floats(momenta: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    kind = torch.get_default_dtype()
    for each in momenta:
        kind = torch.promote_types(kind, each.dtype)
    return [each.to(kind) for each in momenta]
