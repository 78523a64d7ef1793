from __future__ import annotations

import pytest
from hepdl_reports.table import cells_of, number, render


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (12.345, 0.44, "12.35 ± 0.44"),
        (123.4, 12.0, "123 ± 12"),
        (0.02345, float("nan"), "0.0234"),
        (0.00001, float("nan"), "0.00001"),
        (512.0, float("nan"), "512"),
        (3.0, 0.0, "3 ± 0"),
        (float("nan"), 1.0, "-"),
        (float("inf"), 1.0, "-"),
    ],
)
def test_number(value, error, text):
    assert number(value, error) == text


def test_table_is_aligned_and_none_stays_empty():
    nan = float("nan")
    rows = [("KS", cells_of((0.25, nan), (0.125, nan))), ("AMS", cells_of((5.0, 0.5), None)), ("nothing", ())]
    lines = render(["title"], ("plain", "floor"), rows)
    assert lines[0] == "title"
    assert lines[4].startswith("KS") and lines[4].endswith("0.125")
    assert lines[5].rstrip().endswith("5.00 ± 0.50")
    assert lines[6] == "nothing"
    assert len({len(line) for line in (lines[2], lines[4])}) == 1
