"""Every installed algorithm and part keeps the contract."""

from __future__ import annotations

import pytest

from hepdl import plugins
from hepdl.contract import Case, cases
from tests.contract.examples import every_example

CASES = [
    pytest.param(case, id=f"{number}-{example}-{case}")
    for number, example in enumerate(every_example())
    for case in cases(example.description, example.columns, **example.how)
]


@pytest.mark.parametrize("case", CASES)
def test_contract(case: Case) -> None:
    case()


def test_everything_has_an_example() -> None:
    ours = {name for name, entry in plugins.registry().items() if entry.distribution == "hepdl"}
    assert ours - {str(example) for example in every_example()} == set()
