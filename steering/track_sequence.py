"""Flavour of jets from their tracks: a recurrent network on the tracks in falling |S_d0|, after RNNIP of ATLAS.

The network gives the probabilities of light, c, b and tau jets; what is cut on is D_b, the log-likelihood ratio of b
against a mixture of the others with shares f_c and f_tau, which is chosen after the training.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    AdamW,
    Cosine,
    CrossEntropy,
    Define,
    Particles,
    Recurrent,
    RootReader,
    RootWriter,
    Standardize,
    Supervised,
    TaggerReport,
)

F_C, F_TAU = 0.1, 0.01

chain = Chain(
    RootReader(
        Sample("light", "data/flavour/light_??.root", label=0),
        Sample("c", "data/flavour/c_??.root", label=1),
        Sample("b", "data/flavour/b_??.root", label=2),
        Sample("tau", "data/flavour/tau_??.root", label=3),
        tree="jets",
        identity=["event"],
        several_per_event="jet_rank",
    ),
    Define("signed_d0", "sign(track_sd0) * log1p(abs(track_sd0))"),  # significances have long tails
    Define("signed_z0", "sign(track_sz0) * log1p(abs(track_sz0))"),
    Define("log_ptfrac", "log(track_ptfrac)"),
    Particles("tracks", ["signed_d0", "signed_z0", "log_ptfrac", "track_dr"], most=15, sort="-abs(track_sd0)"),
    Standardize(["tracks"], output="scaled"),
    Supervised(
        network=Recurrent(inputs=["scaled"], cell="GRU", layers=[64], head=[32], output="flavour"),
        loss=CrossEntropy(classes=4),
        balance=True,
        epochs=20,
        batch_size=128,
        optimizer=AdamW(rate=0.003),
        schedule=Cosine(),
    ),
    Define(
        "D_b",
        f"log(maximum(flavour[2], 1e-12) / ({F_C} * flavour[1] + {F_TAU} * flavour[3] + {1 - F_C - F_TAU} * flavour[0]))",
    ),
    TaggerReport(name="light", score="D_b", signal=2, background=0, efficiencies=[0.6, 0.7, 0.77], threshold=0),
    TaggerReport(name="c", score="D_b", signal=2, background=1, efficiencies=[0.6, 0.7, 0.77], threshold=0),
    RootWriter(columns=["flavour", "D_b"]),
)
