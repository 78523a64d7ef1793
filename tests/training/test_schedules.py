from __future__ import annotations

import pytest
from hepdl_training.schedules import Constant, Cosine, Stairs, Warmup


def test_shapes() -> None:
    assert Constant().factor(7, 10) == 1
    cosine = Cosine(start=0.6, end=0.1)
    assert [cosine.factor(step, 10) for step in (0, 6, 8, 10)] == pytest.approx([1, 1, 0.55, 0.1])
    warm = Warmup(length=0.2, then=Constant())
    assert [warm.factor(step, 10) for step in (0, 1, 5)] == [0.5, 1, 1]
    assert [Stairs().factor(step, 8) for step in (0, 4, 6)] == pytest.approx([1, 0.1, 0.01])
