"""Several strengths of one constraint, each with a column of its own."""

from __future__ import annotations

from collections.abc import Sequence


def columns_of_strengths(score: str, strength: float, baseline: bool, scan: Sequence[float]) -> dict[str, float]:
    """Column → strength: the score first, then ``<score>_plain`` with none, then ``<score>_strength_<value>``."""
    plain = {f"{score}_plain": 0.0} if baseline else {}
    more = {f"{score}_strength_{value:g}".replace(".", "p").replace("e-", "em"): value for value in scan}
    return {score: strength} | plain | more


def need_distinct(strength: float, scan: Sequence[float]) -> None:
    """``ValueError`` unless all strengths are different and not negative."""
    if any(value < 0 for value in scan) or len({*scan, strength}) <= len(scan):
        raise ValueError(f"scan={list(scan)} must hold distinct strengths ≥ 0 other than strength={strength}")


def ramped(strength: float, ramp: float, progress: float, start: float = 0.0) -> float:
    """The strength at this place of a training (0 to 1): it rises from a share ``start`` until ``ramp``."""
    share = min(1.0, progress / ramp) if ramp else 1.0
    return strength * (start + (1 - start) * share)
