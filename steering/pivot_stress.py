"""The pivot where it hurts: inputs that give the pile-up away (ungroomed mass and τ21, no charged-hadron subtraction).

From the mass alone low and high μ are told apart with an AUC of about 0.9. How much of the tagger is left when it may
not use that?
"""

from hepdl import Chain, Sample, Split
from hepdl.algorithms import (
    Dense,
    MixtureDensity,
    Pivot,
    PivotReport,
    RootReader,
    RootWriter,
    Standardize,
    TaggerReport,
)  # fmt: skip

chain = Chain(
    RootReader(
        Sample("W", "data/jets/w_?.root", label=1, weight="weight"),
        Sample("QCD", "data/jets/qcd_?.root", label=0, weight="weight"),
        tree="jets",
        identity=["run", "event"],
        several_per_event="jet_rank",  # an entry is a jet
        split=Split(train=0.8, validation=0.2, test="pool == 1"),
    ),
    Standardize(["raw_mass", "raw_tau21", "jet_ntracks"], output="features"),
    Pivot(
        classifier=Dense(inputs=["features"], layers=[64, 64, 64], output="score"),
        adversary=MixtureDensity(inputs=["score"], components=5),
        target="label",
        nuisance="mu",
        only="label == 0",
        strength=30.0,
        baseline=True,
    ),
    TaggerReport(score="score", compare=["score_plain"]),
    PivotReport(score="score", plain="score_plain", nuisance="mu"),
    RootWriter(columns=["score", "score_plain"]),
)
