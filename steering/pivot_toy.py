"""The toy of the pivot paper, its figure 2 (Louppe, Kagan and Cranmer, arXiv:1611.01046, section 5.1).

Two blobs in the plane, and the place of the signal's depends on a nuisance z. Can a network tell them apart without
its score telling z? The exact answer is known: an invariant score reaches a loss of 0.578, a plain one 0.449.
"""

from hepdl import Chain, Sample, Split
from hepdl.algorithms import Dense, Group, MixtureDensity, Pivot, PivotReport, RootReader, TaggerReport

chain = Chain(
    RootReader(
        Sample("signal", "data/toy/toy_signal.root", label=1),
        Sample("background", "data/toy/toy_background.root", label=0),
        tree="events",
        identity=["event"],
        split=Split(train=0.6, validation=0.1, test=0.3),
    ),
    Group(["x0", "x1"], output="x"),
    Pivot(
        classifier=Dense(inputs=["x"], layers=[32, 32], activation=["tanh", "relu"], output="score"),
        adversary=MixtureDensity(inputs=["score"], components=5),
        target="label",
        nuisance="z",
        only="label == 1",  # the background does not know z
        strength=60.0,
        baseline=True,
    ),
    TaggerReport(score="score", compare=["score_plain"]),
    PivotReport(
        score="score",
        plain="score_plain",
        nuisance="z",
        only="label == 1",
        low=[-1.25, -0.75],
        high=[0.75, 1.25],
    ),
)
