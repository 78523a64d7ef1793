"""W jets or QCD from a picture: a convolutional network on images of the jet's constituents (arXiv:1511.05190).

The constituents are centred, turned and mirrored before they become pixels, so that nothing is interpolated and no pT
is lost. A pixel is a share of the jet's pT; the second channel holds the charged constituents alone.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    P4,
    AdamW,
    Convolutional,
    Cosine,
    Define,
    FilterReport,
    JetImage,
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
    Define("part_share", "part.pt / jet_pt"),
    JetImage(
        "image",
        pt="part_share",
        eta="part.eta",
        phi="part.phi",
        channels=["part_share > 0", "part_charge != 0"],
        pixels=25,
    ),
    Supervised(
        network=Convolutional(inputs=["image"], batch_norm=True, dropout=0.3, output="score"),
        target="label",
        epochs=12,
        batch_size=128,
        optimizer=AdamW(rate=0.002),
        schedule=Cosine(),
    ),
    TaggerReport(score="score"),
    FilterReport(step="Supervised", inputs=["image"]),
    RootWriter(columns=["score"]),
)
