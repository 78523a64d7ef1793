"""Do W and QCD jets fall apart by themselves? A Siamese network (Hadsell, Chopra and LeCun, CVPR 2006) learns a plane in
which jets of one class are close, and a report shows where in it the jets' mass and pile-up lie.

The numbers are brought to a normal distribution by their quantiles; both classes get the same pT spectrum by weights.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    Cosine,
    Define,
    Dense,
    Flatten,
    LatentReport,
    QuantileNormalize,
    RootReader,
    RootWriter,
    Siamese,
)

chain = Chain(
    RootReader(
        Sample("W", "data/jets/w_1.root", label=1, weight="weight"),
        Sample("QCD", "data/jets/qcd_1.root", label=0, weight="weight"),
        tree="jets",
        identity=["run", "event"],
        several_per_event="jet_rank",
    ),
    Define("tau21", "jet_tau2 / jet_tau1"),
    Flatten(["jet_pt"], bins=[[450, 500, 550, 600, 650, 700, 800]], reference=0, output="same_pt"),
    QuantileNormalize(["jet_mgroomed", "tau21", "jet_c2", "jet_d2", "jet_ntracks"], output="features"),
    Siamese(
        network=Dense(inputs=["features"], layers=[64, 64], output="place"),
        weight="same_pt",
        epochs=10,
        batch_size=256,
        schedule=Cosine(),
    ),
    LatentReport(latent="place", against=["jet_mgroomed", "mu"]),
    RootWriter(columns=["place", "same_pt"]),
)
