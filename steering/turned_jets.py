"""Do turned copies of jets help a network that sees raw jet images? The same network is trained on images as they are,
and on images whose jets are turned around their axis by another angle in each epoch.

The particles are turned, not the images, so that no pT is lost. Validation, test and scores see the jets as they are.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    P4,
    AdamW,
    Convolutional,
    Cosine,
    JetImage,
    RelativeTo,
    RootReader,
    RotateJet,
    Supervised,
    TaggerReport,
)

small = {"layers": [[8, 5], ["max", 2], [16, 3], ["max", 2]], "batch_norm": True}
training = {"target": "label", "epochs": 20, "batch_size": 128, "optimizer": AdamW(rate=0.002), "schedule": Cosine()}
raw = {"pt": "part_ptrel", "pixels": 25, "rotate": "none", "flip": False}

chain = Chain(
    RootReader(
        Sample("W", "data/jets/w_particles_?.root", label=1, weight="weight"),
        Sample("QCD", "data/jets/qcd_particles_?.root", label=0, weight="weight"),
        tree="jets",
        identity=["run", "event"],
        several_per_event=True,  # both W bosons of an event
    ),
    P4("part", px="part_px", py="part_py", pz="part_pz"),
    P4("jet"),
    RelativeTo("part", "jet"),
    JetImage("plain_image", eta="part_deta", phi="part_dphi", name="PlainImage", **raw),
    RotateJet(["part_deta", "part_dphi"]),
    JetImage("turned_image", eta="part_deta_varied", phi="part_dphi_varied", name="TurnedImage", **raw),
    Supervised(network=Convolutional(inputs=["plain_image"], output="score_plain", **small), name="Plain", **training),
    Supervised(network=Convolutional(inputs=["turned_image"], output="score", **small), name="Turned", **training),
    TaggerReport(score="score", compare=["score_plain"]),
)
