from __future__ import annotations

import json

import matplotlib.pyplot as plt
from hepdl_reports.curves import draw_losses, read_losses


def write(path, *entries):
    path.write_text("".join(json.dumps({"step": "Fit"} | entry) + "\n" for entry in entries))
    return path


def test_losses_by_step_and_phase_and_a_repeated_epoch_counts_once(tmp_path):
    path = write(
        tmp_path / "metrics.jsonl",
        {"phase": "one", "epoch": 1, "loss": 0.7, "validation_loss": 0.8, "seconds": 3},
        {"phase": "one", "epoch": 2, "loss": 0.6, "validation_loss": 0.7},
        {"phase": "one", "epoch": 2, "loss": 0.5, "validation_loss": 0.7},
        {"phase": "critic", "ks": 0.1},
        {"phase": "two", "epoch": 1, "adversary_loss": 1.4},
    )
    assert read_losses(path) == {
        "Fit": {
            "loss": {"one": [(1, 0.7), (2, 0.5)]},
            "validation_loss": {"one": [(1, 0.8), (2, 0.7)]},
            "adversary_loss": {"two": [(1, 1.4)]},
        }
    }


def test_picture_has_a_panel_for_each_loss():
    losses = {
        "loss": {"a": [(1, 0.5), (2, 0.4)]},
        "validation_loss": {"a": [(1, 0.6)]},
        "adversary_loss": {"b": [(1, 1)]},
    }
    picture = draw_losses(losses)
    assert [axes.get_ylabel() for axes in picture.axes] == ["Loss", "Adversary loss"]
    assert [len(axes.lines) for axes in picture.axes] == [2, 1]
    plt.close("all")


def test_many_phases_show_validation_alone():
    curve = {name: [(1, 0.5), (2, 0.4)] for name in "abcde"}
    (axes,) = draw_losses({"loss": curve, "validation_loss": curve}).axes
    assert len(axes.lines) == 5
