from __future__ import annotations

from hepdl_reports.verdict import judge


def card(ks=0.1, rejection=20.0, auc=0.9, ratio=(1.0, 0.1)):
    none = float("nan")
    return {"ks": (ks, none), "rejection": (rejection, 1.0), "auc": (auc, none), "deviation": (0.2, none),
            "critic": (0.62, 0.01), "efficiency_ratio": ratio}  # fmt: skip


FLOOR = {"ks": (0.01, 0.003)}


def test_price_and_gain_in_words():
    verdict = judge(card(0.2, 20.0), card(0.04, 15.0), FLOOR, "mu")
    assert verdict.sentence.startswith("25 % of rejection paid for 5.0 × less dependence on mu (KS 0.2000 → 0.0400")
    assert verdict.alarms == []


def test_at_the_floor_the_gain_is_at_least():
    assert "No rejection paid for at least 20.0 ×" in judge(card(0.2), card(0.01), FLOOR, "mu").sentence


def test_collapsed_adversary_rings():
    (alarm,) = judge(card(0.2), card(0.19), FLOOR, "mu").alarms
    assert "the dependence on mu is not reduced" in alarm and "the adversary has collapsed" in alarm
    assert "AUC 0.620 ± 0.010" in alarm


def test_constant_score_rings():
    (alarm,) = judge(card(0.2), card(0.0, 2.0, 0.52), FLOOR, "mu").alarms
    assert "as good as constant" in alarm and "because it knows nothing" in alarm


def test_a_slope_that_stays_at_the_working_point_rings():
    (alarm,) = judge(card(0.2, ratio=(0.43, 0.05)), card(0.04, ratio=(0.44, 0.06)), FLOOR, "mu").alarms
    assert "not where it is cut" in alarm and "is 0.440 ± 0.060 (plain network 0.430 ± 0.050)" in alarm
    assert judge(card(0.2, ratio=(0.43, 0.05)), card(0.04, ratio=(0.9, 0.06)), FLOOR, "mu").alarms == []


def test_nothing_to_remove_rings():
    (alarm,) = judge(card(0.015), card(0.012), FLOOR, "mu").alarms
    assert "does not depend on mu within the statistics" in alarm


def test_no_number_does_not_stop_it():
    nowhere = card() | {"rejection": (float("nan"), float("nan"))}
    assert "rejection" in judge(nowhere, card(0.0), FLOOR, "mu").sentence
