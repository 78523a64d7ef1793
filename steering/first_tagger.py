"""A first tagger: are these jets W bosons or QCD? A plain dense network on four numbers."""

from hepdl import Chain, Sample
from hepdl.algorithms import Define, Dense, RootReader, RootWriter, Standardize, Supervised, TaggerReport

chain = Chain(
    RootReader(
        Sample("W", "data/jets/w_?.root", label=1, weight="weight"),
        Sample("QCD", "data/jets/qcd_?.root", label=0, weight="weight"),
        tree="jets",
        identity=["run", "event"],
        several_per_event="jet_rank",  # an entry is a jet
    ),
    Define("tau21", "jet_tau2 / jet_tau1"),
    Standardize(["jet_mgroomed", "tau21", "jet_c2", "jet_d2"], output="features"),
    Supervised(network=Dense(inputs=["features"], layers=[64, 64, 64], output="score"), target="label", epochs=10),
    TaggerReport(score="score"),
    RootWriter(columns=["score"]),
)
