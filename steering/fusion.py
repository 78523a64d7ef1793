"""W jets or QCD from a picture and from numbers at once: what does the image know beyond mass and substructure?"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    P4,
    AdamW,
    Convolutional,
    Cosine,
    Define,
    Dense,
    Fusion,
    JetImage,
    RootReader,
    RootWriter,
    Standardize,
    Supervised,
    TaggerReport,
)  # fmt: skip

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
    Define("tau21", "jet_tau2 / jet_tau1"),
    Standardize(["jet_mgroomed", "tau21", "jet_c2", "jet_d2"], output="features"),
    JetImage("image", pt="part_share", eta="part.eta", phi="part.phi", pixels=25),
    Supervised(
        name="numbers",
        network=Dense(inputs=["features"], layers=[64, 64], output="score_numbers"),
        epochs=20,
        batch_size=128,
    ),
    Supervised(
        name="both",
        network=Fusion(
            networks=[
                Convolutional(inputs=["image"], batch_norm=True, dropout=0.3),
                Dense(inputs=["features"], layers=[64]),
            ],
            output="score",
        ),
        epochs=12,
        batch_size=128,
        optimizer=AdamW(rate=0.002),
        schedule=Cosine(),
    ),
    TaggerReport(score="score", compare=["score_numbers"]),
    RootWriter(columns=["score", "score_numbers"]),
)
