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
    OneHot,
    Particles,
    RootReader,
    RootWriter,
    Standardize,
    Supervised,
    TaggerReport,
)

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
    Particles("kinematics", ["share", "log_share", "part_y", "part_phi", "distance"]),
    Standardize(["kinematics"], output="scaled", name="scaled"),
    OneHot("part_pdgid", "types", values="pdg"),  # charged and neutral hadrons, photons, electrons, muons
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
