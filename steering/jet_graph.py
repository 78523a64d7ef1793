"""W jets or QCD from the constituents as a graph: ParticleNet-Lite (arXiv:1902.08570).

Each constituent is joined with its nearest neighbours, first in the plane of the angles, then among the features that
the network has learned. The features are the seven of the paper.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    P4,
    AdamW,
    Cosine,
    Define,
    ParticleNetLite,
    Particles,
    RootReader,
    RootWriter,
    Supervised,
    TaggerReport,
)

chain = Chain(
    RootReader(
        Sample("w", "data/jets/w_particles_?.root", label=1, weight="weight"),
        Sample("qcd", "data/jets/qcd_particles_?.root", label=0, weight="weight"),
        tree="jets",
        identity=["run", "event"],
        several_per_event=True,  # both W bosons of an event
    ),
    P4("part", px="part_px", py="part_py", pz="part_pz"),
    Define("deta", "part.eta - jet_eta"),
    Define("dphi", "wrap(part.phi - jet_phi)"),
    Define("dr", "sqrt(deta ** 2 + dphi ** 2)"),
    Define("log_pt", "log(part.pt)"),
    Define("log_energy", "log(part_energy)"),
    Define("log_share", "log(part.pt / jet_pt)"),
    Define("log_energy_share", "log(part_energy / sum(part_energy))"),
    Particles("angles", ["deta", "dphi"], name="Angles"),
    Particles("features", ["deta", "dphi", "log_pt", "log_energy", "log_share", "log_energy_share", "dr"]),
    Supervised(
        network=ParticleNetLite(inputs=["features"], coordinates="angles", output="score"),
        target="label",
        epochs=8,
        batch_size=128,
        optimizer=AdamW(rate=0.002),
        schedule=Cosine(),
    ),
    TaggerReport(score="score"),
    RootWriter(columns=["score"]),
)
