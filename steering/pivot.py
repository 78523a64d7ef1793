"""A W-jet tagger whose score does not know the pile-up (Louppe, Kagan and Cranmer, arXiv:1611.01046).

"Pile-up is measured, I reweight it" - but a score that slopes with μ carries every mis-modelling of μ into the QCD
estimate. Does an adversary flatten it, and what does that cost?
"""

from hepdl import Chain, Sample, Split
from hepdl.algorithms import (
    Define,
    Dense,
    Filter,
    MixtureDensity,
    Pivot,
    PivotReport,
    RootReader,
    RootWriter,
    Standardize,
    TaggerReport,
)  # fmt: skip

FEATURES = ["jet_mgroomed", "tau21", "jet_c2", "jet_d2"]

chain = Chain(
    RootReader(
        Sample("W", "data/jets/w_?.root", label=1, weight="weight"),
        Sample("QCD", "data/jets/qcd_?.root", label=0, weight="weight"),
        tree="jets",
        identity=["run", "event"],
        several_per_event="jet_rank",  # an entry is a jet
        split=Split(train=0.8, validation=0.2, test="pool == 1"),  # pool 1: minimum-bias events never trained on
    ),
    Filter("abs(jet_eta) < 2"),
    Define("tau21", "jet_tau2 / jet_tau1"),
    Standardize(FEATURES, output="features"),
    Pivot(
        classifier=Dense(inputs=["features"], layers=[64, 64, 64], output="score"),
        adversary=MixtureDensity(inputs=["score"], components=5),
        target="label",
        nuisance="mu",
        only="label == 0",
        strength=50.0,
        scan=[5.0, 15.0, 150.0],  # more points for the price of independence
        epochs=40,
        baseline=True,
    ),
    TaggerReport(score="score", compare=["score_plain"]),
    PivotReport(score="score", plain="score_plain", nuisance="mu"),
    RootWriter(columns=["score", "score_plain"]),
)
