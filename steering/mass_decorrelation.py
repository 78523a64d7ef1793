"""A W tagger that does not sculpt the mass of QCD jets: what do distance correlation and an adversary cost?

A plain network learns the W mass from its inputs, and QCD jets that pass peak there: no side band is left to measure
them. Compared as in ATL-PHYS-PUB-2018-014: rejection against 1/JSD of the QCD mass between passing and failing jets.
"""

from hepdl import Chain, Sample, Split
from hepdl.algorithms import (
    Decorrelate,
    Define,
    Dense,
    DistanceCorrelation,
    Filter,
    MixtureDensity,
    Pivot,
    RootReader,
    RootWriter,
    SculptingReport,
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
        units={"jet_m*": "GeV"},
    ),
    Filter("jet_mgroomed > 50 and jet_mgroomed < 300"),
    Define("tau21", "jet_tau2 / jet_tau1"),
    Define("tau21_down", "-tau21"),
    Define("tau32", "jet_tau3 / jet_tau2"),
    Define("log_c2", "log(jet_c2 + 0.001)"),
    Define("log_d2", "log(jet_d2 + 0.01)"),
    Define("log_mass", "log(jet_mgroomed)"),
    Standardize(["log_mass", "tau21", "tau32", "log_c2", "log_d2", "jet_pt"], output="features"),
    Decorrelate(
        network=Dense(inputs=["features"], layers=[64, 64, 64], output="disco"),
        penalty=DistanceCorrelation(),
        nuisance=["log_mass"],
        only="label == 0",
        strength=27.0,
        epochs=20,
    ),
    Pivot(
        classifier=Dense(inputs=["features"], layers=[64, 64, 64], output="pivot"),
        adversary=MixtureDensity(inputs=["pivot"], components=8),
        nuisance="log_mass",
        only="label == 0",
        strength=50.0,
        baseline=False,
        epochs=20,
    ),
    TaggerReport(score="disco", compare=["pivot", "disco_plain"]),
    SculptingReport(
        scores=["disco", "pivot", "disco_plain", "tau21_down"],
        variable="jet_mgroomed",
        window=[50.0, 300.0],
    ),
    RootWriter(columns=["disco", "pivot", "disco_plain"]),
)
