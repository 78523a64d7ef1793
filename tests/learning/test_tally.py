from __future__ import annotations

import torch

from hepdl.learning.tally import Tally


def test_means_over_steps() -> None:
    tally = Tally()
    for value in (1.0, 2.0, 6.0):
        tally.add({"a": torch.tensor(value), "b": torch.tensor(-value)})
    assert tally.read() == ({"a": 3.0, "b": -3.0}, None)


def test_the_first_bad_step_is_known() -> None:
    tally = Tally()
    for value in (1.0, 2.0, float("inf"), 1.0):
        tally.add({"a": torch.tensor(1.0), "b": torch.tensor(value)})
    assert tally.read()[1] == "b" and tally.first_bad == 3


def test_nothing_added() -> None:
    assert Tally().read() == ({}, None)
