"""Flavour of jets from their tracks: a recurrent network on the tracks in falling |S_d0|, after RNNIP of ATLAS.

One network answers three questions: the flavour of the jet, where each track comes from, and which tracks share a vertex.
What is cut on is D_b, the log-likelihood ratio of b against a mixture of the other flavours, whose shares f_c and f_tau
are chosen after the training; the report shows what they trade.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    AdamW,
    ClassesReport,
    Cosine,
    CrossEntropy,
    Define,
    FlavourReport,
    MultiTask,
    Particles,
    Recurrent,
    RootReader,
    RootWriter,
    Standardize,
    Task,
)

TRACKS = 15
KINDS = ["pile-up", "primary", "heavy", "other"]  # heavy: b and c hadrons; other: tau leptons and strange hadrons

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
    Particles("tracks", ["signed_d0", "signed_z0", "log_ptfrac", "track_dr"], most=TRACKS, sort="-abs(track_sd0)"),
    Standardize(["tracks"], output="scaled"),
    Define("origin", f"leading(track_origin, {TRACKS})"),  # in the files too the tracks are in this order
    Define("kind", "where(origin < 2, origin, where(origin < 5, 2, 3))"),
    Define("vertex", f"leading(track_vertex, {TRACKS})"),
    MultiTask(
        network=Recurrent(inputs=["scaled"], cell="GRU", layers=[64], bidirectional=True),
        tasks=[
            Task(target="label", output="flavour", loss=CrossEntropy(classes=4), balance=True),
            Task(target="kind", output="track_kind", loss=CrossEntropy(classes=4), level="particle", weight=0.5),
            Task(target="vertex", output="same_vertex", level="pair", weight=0.5),
        ],
        epochs=20,
        batch_size=128,
        optimizer=AdamW(rate=0.003),
        schedule=Cosine(),
    ),
    FlavourReport(
        score="flavour",
        classes=["light", "c", "b", "tau"],
        fractions={"c": 0.1, "tau": 0.01},
        efficiencies=[0.6, 0.7, 0.77],
        against="jet_pt",
        bins=4,
    ),
    ClassesReport(score="track_kind", target="kind", classes=KINDS),
    RootWriter(columns=["flavour", "track_kind"]),
)
