"""Every installed device algorithm and part agrees between CPU and CUDA, and a chain runs there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hepdl import Chain
from hepdl.algorithms import Dense, Standardize, Supervised
from hepdl.contract import Case, cases
from hepdl.engine import run
from hepdl.job import Job
from tests.contract.examples import every_example
from tests.memory import Collect, MemoryReader, sample

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")]

CASES = [
    pytest.param(case, id=f"{number}-{example}-{case}")
    for number, example in enumerate(every_example())
    for case in cases(example.description, example.columns, device="cuda", rtol=1e-2, atol=1e-3, **example.how)
    if "device" in case.rule
]


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_the_cpu(case: Case) -> None:
    case()


def test_a_chain_runs_and_repeats_on_cuda() -> None:
    scores = []
    for _ in range(2):
        chain = Chain(
            MemoryReader(sample("signal", 400, 1, label=1), sample("background", 400, 2, label=0)),
            Standardize(["x", "pt"], output="features"),
            Supervised(network=Dense(inputs=["features"], layers=[8]), epochs=2, batch_size=64),
            Collect(columns=["score"]),
        )
        run(chain, Job(device="cuda"))
        scores.append(Collect.seen[0]["score"])
    assert len(scores[0]) == 800
    assert np.array_equal(*scores)
