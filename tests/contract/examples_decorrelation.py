"""Examples of what makes scores independent of nuisances."""

from __future__ import annotations

from hepdl.algorithms import (
    Decorrelate,
    Dense,
    DistanceCorrelation,
    GradientReversal,
    MixtureDensity,
    MomentDecomposition,
    SculptingReport,
)
from tests.contract.examples import TAGGING, Example

ADVERSARY = MixtureDensity(inputs=["score"], components=2, layers=[8])


def decorrelate(**parameters: object) -> Decorrelate:
    """A small training."""
    return Decorrelate(network=Dense(inputs=["features"], layers=[8]), nuisance=["mu"], epochs=2, **parameters)


EXAMPLES = [
    Example(decorrelate(only="label == 0", scan=[1.0]), TAGGING),
    Example(decorrelate(penalty=MomentDecomposition(bins=4), baseline=False, negative_weights="absolute"), TAGGING),
    Example(decorrelate(penalty=GradientReversal(ADVERSARY)), TAGGING),
    Example(DistanceCorrelation()),
    Example(MomentDecomposition(order=1)),
    Example(GradientReversal(ADVERSARY)),
    Example(SculptingReport(scores=["score"], variable="mass", window=[0.0, 1.0])),
]
