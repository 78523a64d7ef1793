from __future__ import annotations

import pytest
from hepdl_reports.pivot import PivotReport
from hepdl_reports.tagger import TaggerReport

from hepdl.contract import Case, cases

from .conftest import job_for, make_events

EVENTS = make_events(200)
ALL = [
    *cases(TaggerReport(score="score", compare=["score_plain"]), job_for(EVENTS).columns, EVENTS),
    *cases(PivotReport(score="score", plain="score_plain", nuisance="mu"), job_for(EVENTS).columns, EVENTS),
]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.subject.label}-{case}")
def test_contract(case: Case) -> None:
    case()
