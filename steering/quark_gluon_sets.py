"""Quark or gluon: a particle flow network that knows particle types, one that does not, and a few observables.

The sum over particles (arXiv:1810.05165) needs no order and no padding. On the small sample in data/quark_gluon the
observables are hard to beat; benchmarks/physics/quark_gluon.py has 20,000 jets for training.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    AdamW,
    Cosine,
    DeepSets,
    Define,
    Dense,
    Particles,
    RootReader,
    RootWriter,
    Standardize,
    Supervised,
    TaggerReport,
)

TYPES = {
    "photon": 22,
    "pion": 211,
    "kaon": 321,
    "klong": 130,
    "proton": 2212,
    "neutron": 2112,
    "electron": 11,
    "muon": 13,
}

chain = Chain(
    RootReader(
        Sample("quark", "data/quark_gluon/quark_??.root", label=1),
        Sample("gluon", "data/quark_gluon/gluon_??.root", label=0),
        tree="jets",
        identity=["event"],
    ),
    Define("share", "part_pt / sum(part_pt)"),
    Define("log_share", "log(share)"),
    Define("distance", "hypot(part_y, part_phi)"),
    Particles("kinematics", ["share", "log_share", "part_y", "part_phi", "distance"], name="kinematics"),
    Standardize(["kinematics"], output="scaled", name="scaled"),
    *(Define(f"is_{name}", f"abs(part_pdgid) == {code}") for name, code in TYPES.items()),
    Define("charged", "is_pion | is_kaon | is_proton | is_electron | is_muon"),
    Particles("types", [*(f"is_{name}" for name in TYPES), "charged"], name="types"),
    Standardize(
        ["jet_multiplicity", "jet_mass", "jet_width", "jet_lha", "jet_ptd", "jet_z1"],
        output="observables",
        name="observables",
    ),
    Supervised(
        name="dense",
        network=Dense(inputs=["observables"], layers=[64, 64], output="score_observables"),
        epochs=30,
        batch_size=128,
    ),
    Supervised(
        name="plain",
        network=DeepSets(inputs=["scaled"], output="score_plain", dropout=0.2),
        epochs=15,
        batch_size=128,
        optimizer=AdamW(),
        schedule=Cosine(),
    ),
    Supervised(
        name="typed",
        network=DeepSets(inputs=["scaled", "types"], output="score", dropout=0.2),
        epochs=15,
        batch_size=128,
        optimizer=AdamW(),
        schedule=Cosine(),
    ),
    TaggerReport(score="score", compare=["score_plain", "score_observables"]),
    RootWriter(columns=["score", "score_plain", "score_observables"]),
)
