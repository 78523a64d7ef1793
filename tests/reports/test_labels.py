from __future__ import annotations

import itertools

import numpy as np
from hepdl_reports.labels import label_points
from matplotlib.figure import Figure


def test_labels_of_a_crowd_do_not_overlap():
    axes = Figure(figsize=(7, 6)).add_subplot()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    points = np.array([(0.5, 0.5, 0.02), (0.52, 0.5, 0.02), (0.54, 0.52, 0.02), (0.97, 0.97, 0.01)])
    label_points(axes, points, ["plain", "pivot", "10", "a long one"])
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 4
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert all(axes.get_window_extent().contains(*corner) for box in boxes for corner in (box.min, box.max))
