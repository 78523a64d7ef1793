"""Top or QCD: ParticleNet-Lite on the cloud of constituents (arXiv:1902.08570), beside mass and N-subjettiness.

Each particle looks at its nearest neighbours, first in the plane of Δη and Δφ, then among learned features.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    P4,
    AdamW,
    Cosine,
    Define,
    Dense,
    ParticleNetLite,
    Particles,
    RootReader,
    RootWriter,
    Standardize,
    Supervised,
    TaggerReport,
)

chain = Chain(
    RootReader(
        Sample("top", "data/top/top_??.root", label=1),
        Sample("QCD", "data/top/qcd_??.root", label=0),
        tree="jets",
        identity=["event"],
        several_per_event="jet_rank",  # both jets of a collision
    ),
    P4("part", px="part_px", py="part_py", pz="part_pz"),
    Define("deta", "part.eta - jet_eta"),
    Define("dphi", "wrap(part.phi - jet_phi)"),
    Define("log_pt", "log(part.pt)"),
    Define("log_share", "log(part.pt / jet_pt)"),
    Define("log_energy", "log(part_energy)"),
    Define("log_energy_share", "log(part_energy / sum(part_energy))"),
    Define("distance", "hypot(deta, dphi)"),
    Particles("angles", ["deta", "dphi"], name="angles"),
    Particles(
        "particles",
        ["deta", "dphi", "log_pt", "log_share", "log_energy", "log_energy_share", "distance"],
        name="particles",
    ),
    Standardize(["particles"], output="scaled", name="scaled"),
    Define("tau21", "jet_tau2 / jet_tau1"),
    Define("tau32", "jet_tau3 / jet_tau2"),
    Standardize(
        ["jet_mass", "jet_msoftdrop", "tau21", "tau32", "jet_nparticles"], output="observables", name="observables"
    ),
    Supervised(
        name="dense",
        network=Dense(inputs=["observables"], layers=[64, 64], output="score_observables"),
        epochs=30,
        batch_size=128,
    ),
    Supervised(
        name="graph",
        network=ParticleNetLite(inputs=["scaled"], coordinates="angles", output="score"),
        epochs=12,
        batch_size=64,
        optimizer=AdamW(rate=0.003),
        schedule=Cosine(),
    ),
    TaggerReport(score="score", compare=["score_observables"]),
    RootWriter(columns=["score", "score_observables"]),
)
