from __future__ import annotations

import numpy as np
from hepdl_reports.classes import class_name

from hepdl.events import Events
from hepdl.sources import Sample, Source

SOURCES = [
    Source(i, Sample(name, "x"), f"{i}.root", 1, str(i)) for i, name in enumerate(["w", "w", "qcd", "top", "data"])
]


def test_a_class_is_called_after_its_samples():
    events = Events({"sample": np.array([0, 1, 2, 2, 3])})
    assert class_name(events, np.array([True, False, False, False, False]), SOURCES, "signal") == "w"
    assert class_name(events, np.array([False, True, True, False, False]), SOURCES, "background") == "qcd + top"


def test_a_class_of_many_or_unknown_samples_keeps_its_plain_name():
    events = Events({"sample": np.array([0, 1, 2, 3, 9])})
    assert class_name(events, np.ones(5, bool), SOURCES, "background") == "background"
    assert class_name(events, np.arange(5) == 4, SOURCES, "background") == "background"
    assert class_name(events, np.zeros(5, bool), SOURCES, "signal") == "signal"
