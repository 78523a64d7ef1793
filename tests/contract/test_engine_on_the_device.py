"""A whole chain, from the table to the scores, gives on the shadow device what it gives on the CPU."""

from __future__ import annotations

import numpy as np

from hepdl import Chain
from hepdl.algorithms import Define, Dense, MixtureDensity, Pivot, Standardize
from hepdl.contract.shadow import Shadow
from hepdl.engine import run
from hepdl.job import Job
from tests.memory import Collect, MemoryReader, sample


def scores(device: str) -> dict[str, np.ndarray]:
    """Scores of a small pivot behind a standardisation."""
    network = Dense(inputs=["features"], layers=[8], output="score")
    adversary = MixtureDensity(inputs=["score"], components=2, layers=[8])
    chain = Chain(
        MemoryReader(sample("signal", 300, 1, label=1), sample("background", 300, 2, label=0), identity=["event"]),
        Define("hard", "log(pt + 1)"),
        Standardize(["x", "hard"], output="features"),
        Pivot(
            classifier=network, adversary=adversary, nuisance="pt", only="label == 0", epochs=2, batch_size=64,
            pretrain_epochs=1, pretrain_adversary_epochs=1, adversary_steps=1,
        ),
        Collect(columns=["score", "score_plain"]),
    )  # fmt: skip
    run(chain, Job(device=device))
    events = Collect.seen[0]
    return {name: np.asarray(events[name]) for name in ("score", "score_plain")}


def test_a_chain_is_the_same_on_the_device() -> None:
    expected = scores("cpu")
    with Shadow():
        found = scores("shadow")
    for name, values in expected.items():
        assert len(values) == 600
        np.testing.assert_allclose(found[name], values, rtol=1e-3, atol=1e-4)
