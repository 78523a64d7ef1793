"""The findings of a pivot as lines of text and as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hepdl_reports.exam import Exam, Value
from hepdl_reports.gain import Gain
from hepdl_reports.numbers import plain_numbers
from hepdl_reports.pivot_pictures import Names
from hepdl_reports.table import Row, cells_of, render
from hepdl_reports.verdict import Card, Verdict


@dataclass(frozen=True)
class Findings:
    """Everything a PivotReport found on the test part."""

    test: Exam
    names: Names
    scores: dict[str, np.ndarray]
    """Scores of plain, pivot and the strengths of the scan."""
    cards: dict[str, Card]
    """Numbers of each of them."""
    floor: Card
    gain: Gain | None
    verdict: Verdict

    def numbers(self) -> dict[str, Any]:
        """For the JSON file; numbers as ``{"value", "error"}``, null where there is none."""
        windows = {"low": self.test.low, "high": self.test.high}
        values = {
            "nuisance": self.names.nuisance,
            "measured_in": self.names.measured,
            "signal_efficiency": self.test.efficiency,
            "windows": {key: window.text(self.names.nuisance) for key, window in windows.items()},
            "events": {key: self.test.events(window)[0] for key, window in windows.items()},
            "n_eff": {key: self.test.events(window)[1] for key, window in windows.items()},
            "networks": {name: _values(card) for name, card in self.cards.items()},
            "floor": _values(self.floor),
            "ams": _gain_numbers(self.gain),
            "verdict": self.verdict.sentence,
            "alarms": self.verdict.alarms,
        }
        return plain_numbers(values)


def write_lines(findings: Findings, headline: str) -> list[str]:
    """The table, the scan if there is one, and the verdict."""
    test, names = findings.test, findings.names
    low, high = (window.text(names.nuisance) for window in (test.low, test.high))
    counts = [_count(*test.events(window)) for window in (test.low, test.high)]
    windows = f"low: {low} {counts[0]}, high: {high} {counts[1]}"
    title = [headline, f"test part; dependence measured in {names.measured}, {windows}"]
    head = ("plain network", "pivot", "statistical floor")
    lines = render(title, head, [*_rows(findings, low, high), *_gain_rows(findings.gain)])
    return [*lines, *_scan_lines(findings), findings.verdict.sentence]


def _rows(findings: Findings, low: str, high: str) -> list[Row]:
    at = f"at {100 * findings.test.efficiency:.3g} % {findings.names.signal}"
    rows = [
        (f"background rejection {at}", "rejection"),
        (f"   {low}", "rejection_low"),
        (f"   {high}", "rejection_high"),
        ("ratio of efficiencies, high / low", "efficiency_ratio"),
        ("KS distance, low to high", "ks"),
        ("Jensen-Shannon divergence [bit]", "jsd"),
        (f"   of {findings.names.nuisance}, passed to failed [bit]", "sculpting"),
        ("mutual information [nat]", "mi"),
        (f"AUC of a critic for {findings.names.nuisance}", "critic"),
    ]
    cards = [findings.cards["plain"], findings.cards["pivot"], findings.floor]
    return [(title, cells_of(*(card.get(key) for card in cards))) for title, key in rows]


def _gain_rows(gain: Gain | None) -> list[Row]:
    if gain is None:
        return [("AMS: too few events pass to choose a threshold", ())]
    low, high = gain.ratio_interval
    return [
        ("AMS, threshold from validation", cells_of(gain.ams(0), gain.ams(1))),
        ("   gain, 68 % bootstrap interval", ("", f"{gain.ratio:.3f} [{low:.3f}, {high:.3f}]")),
    ]


def _scan_lines(findings: Findings) -> list[str]:
    scan = {name: card for name, card in findings.cards.items() if name not in ("plain", "pivot")}
    if not scan:
        return []
    keys = ("rejection", "ks", "mi", "critic")
    rows = [(f"strength {name}", cells_of(*(card[key] for key in keys))) for name, card in scan.items()]
    return render([], ("rejection", "KS distance", "MI [nat]", "critic's AUC"), rows)


def _count(events: int, effective: float) -> str:
    return f"({events} events)" if abs(events - effective) < 1 else f"({events} events, n_eff {effective:.0f})"


def _values(card: Card) -> dict[str, dict[str, float]]:
    return {key: dict(zip(("value", "error"), value, strict=True)) for key, value in card.items()}


def _gain_numbers(gain: Gain | None) -> dict[str, Any] | None:
    if gain is None:
        return None

    def one(which: int) -> dict[str, float]:
        value: Value = gain.ams(which)
        return {"value": value[0], "error": value[1], "threshold": float(gain.thresholds[which, gain.chosen[which]])}

    return {"plain": one(0), "pivot": one(1), "gain": gain.ratio, "gain_68": list(gain.ratio_interval)}
