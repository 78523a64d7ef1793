"""What penalties know of a nuisance from the training part."""

from __future__ import annotations

import torch

from hepdl.errors import BadValues


def need_finite(nuisance: torch.Tensor, who: str) -> None:
    """:class:`BadValues` when values ``[N]`` are not finite."""
    bad = int((~nuisance.isfinite()).sum()) if nuisance.is_floating_point() else 0
    if bad:
        raise BadValues(f"{who}: {bad} values of the nuisance are NaN or infinite where it must be known")


def need_spread(nuisance: torch.Tensor, who: str) -> None:
    """:class:`BadValues` when there is nothing to be independent of."""
    if not len(nuisance) or bool((nuisance == nuisance[0]).all()):
        value = f"is {float(nuisance[0]):g} in all" if len(nuisance) else "has no"
        raise BadValues(f"{who}: the nuisance {value} events that count, so nothing can depend on it")
