"""W jets or QCD from the constituents as a set: how much do infrared safety, order and pairs of particles matter?

An energy flow network sees angles and adds up shares of the pT; a particle flow network sees all of a particle; a small
particle transformer sees pairs of particles too; a Lorentz network sees nothing but products of four-momenta.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    P4,
    AdamW,
    Cosine,
    DeepSets,
    Define,
    EnergyFlowNetwork,
    LorentzNetwork,
    Particles,
    ParticleTransformer,
    RootReader,
    RootWriter,
    Standardize,
    Supervised,
    TaggerReport,
)

HOW = {"optimizer": AdamW(rate=0.002), "schedule": Cosine(), "batch_size": 64}

chain = Chain(
    RootReader(
        Sample("w", "data/jets/w_particles_?.root", label=1, weight="weight"),
        Sample("qcd", "data/jets/qcd_particles_?.root", label=0, weight="weight"),
        tree="jets",
        identity=["run", "event"],
        several_per_event=True,  # both W bosons of an event
    ),
    P4("part", px="part_px", py="part_py", pz="part_pz"),
    Define("part_share", "part.pt / jet_pt"),
    Define("part_deta", "part.eta - jet_eta"),
    Define("part_dphi", "wrap(part.phi - jet_phi)"),
    Define("part_logpt", "log(part.pt)"),
    Particles("raw", ["part_deta", "part_dphi", "part_logpt", "part_share", "part_charge"], most=40),  # hardest first
    Particles("charge", ["part_charge"], most=40, name="charges"),
    Particles("momenta", ["part_px", "part_py", "part_pz", "part_energy"], most=40, name="four_vectors"),
    Standardize(["raw"], output="particles"),
    Supervised(
        name="energy_flow",
        network=EnergyFlowNetwork(
            inputs=["part_deta", "part_dphi"], weight="part_share", layers=[64, 64, 64], output="score_efn"
        ),
        epochs=20,
        **HOW,
    ),
    Supervised(
        name="particle_flow",
        network=DeepSets(inputs=["particles"], layers=[64, 64, 64], collect="mean", head=[64, 64], output="score_pfn"),
        epochs=20,
        **HOW,
    ),
    Supervised(
        name="lorentz",
        network=LorentzNetwork(inputs=["charge"], momenta=["momenta"], width=16, blocks=2, output="score_lorentz"),
        epochs=6,
        **HOW,
    ),
    Supervised(
        name="transformer",
        network=ParticleTransformer(
            inputs=["particles"],
            momenta=["momenta"],
            embed=[32],
            width=32,
            heads=4,
            blocks=2,
            class_blocks=1,
            pair_embed=[16],
            expansion=2,
            output="score_transformer",
        ),
        epochs=8,
        **HOW,
    ),
    TaggerReport(score="score_transformer", compare=["score_pfn", "score_efn", "score_lorentz"]),
    RootWriter(columns=["score_transformer", "score_pfn", "score_efn", "score_lorentz"]),
)
