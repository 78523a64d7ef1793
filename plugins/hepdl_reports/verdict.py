"""The result of a pivot in words, and the alarms a table of numbers does not ring."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hepdl_reports.exam import Value
from hepdl_reports.table import number

CONSTANT = 0.2
"""A score that kept less than this part of the plain network's AUC above one half is as good as constant."""
COLLAPSED = 0.8
"""A dependence above this part of the plain network's is not reduced."""
AT_FLOOR = 2.0
"""A KS distance below this many times the statistical floor cannot be told from none."""

Card = dict[str, Value]


@dataclass(frozen=True)
class Verdict:
    """One sentence, and any number of alarms."""

    sentence: str
    alarms: list[str]


def judge(plain: Card, pivot: Card, floor: Card, nuisance: str) -> Verdict:
    """What was paid and what was bought, from the numbers of both networks and of shuffled events."""
    paid = 1 - pivot["rejection"][0] / plain["rejection"][0]
    ks = [card["ks"][0] for card in (plain, pivot, floor)]
    price = f"{100 * paid:.0f} % of rejection paid" if paid >= 0.005 else "No rejection paid"
    factor = ks[0] / ks[1] if ks[1] > 0 else float("inf")
    dependence = (
        f"{factor:.1f} × less dependence on {nuisance} (KS {ks[0]:.4f} → {ks[1]:.4f}, statistical floor {ks[2]:.4f})"
    )
    limit = "at least " if ks[1] < AT_FLOOR * ks[2] else ""
    return Verdict(f"{price} for {limit}{dependence}.", _alarms(plain, pivot, floor, nuisance))


def _alarms(plain: Card, pivot: Card, floor: Card, nuisance: str) -> list[str]:
    ks = [card["ks"][0] for card in (plain, pivot, floor)]
    known = [card["auc"][0] - 0.5 for card in (plain, pivot)]
    alarms = []
    if known[1] < CONSTANT * known[0]:
        alarms.append(
            f"the score is as good as constant (AUC {known[1] + 0.5:.3f}, plain network {known[0] + 0.5:.3f}, "
            f"standard deviation {pivot['deviation'][0]:.3g}): it knows nothing of {nuisance} because it knows "
            "nothing. Lower the strength, or ramp it up more slowly"
        )
    if ks[0] < AT_FLOOR * ks[2]:
        alarms.append(
            f"the plain network does not depend on {nuisance} within the statistics of these events "
            f"(KS {ks[0]:.4f}, floor {ks[2]:.4f}): there was nothing to remove, or there are too few events to see it"
        )
    elif ks[1] > COLLAPSED * ks[0]:
        critic = pivot["critic"]
        alarms.append(
            f"the dependence on {nuisance} is not reduced (KS {ks[0]:.4f} → {ks[1]:.4f}; an independent critic reads "
            f"{nuisance} off the score with AUC {critic[0]:.3f} ± {critic[1]:.3f}): the strength is too small or "
            "the adversary has collapsed, whatever its own loss says"
        )
    elif _still_slopes(plain["efficiency_ratio"], pivot["efficiency_ratio"]):
        ratios = [number(*card["efficiency_ratio"]) for card in (plain, pivot)]
        alarms.append(
            f"the score as a whole depends less on {nuisance}, but not where it is cut: the ratio of efficiencies at "
            f"high and low {nuisance} is {ratios[1]} (plain network {ratios[0]})"
        )
    return alarms


def _still_slopes(plain: Value, pivot: Value) -> bool:
    """Whether the efficiency at the working point changes with the nuisance as it did, by more than three errors."""
    if not all(ratio > 0 for ratio, _ in (plain, pivot)):
        return False
    before, after = (abs(math.log(ratio)) for ratio, _ in (plain, pivot))
    return after > COLLAPSED * before and after > 3 * pivot[1] / pivot[0]
