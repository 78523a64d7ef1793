"""How heavy would this jet be without pile-up? Its mass, corrected with an uncertainty for each jet.

A network learns mean and width of the mass of the same jet without pile-up (``hard_mass``) from what is measured with
it. The report compares it with the mass as measured and with the groomed one.
"""

from hepdl import Chain, Sample
from hepdl.algorithms import (
    Adam,
    Cosine,
    Define,
    Dense,
    GaussianLikelihood,
    RegressionReport,
    RootReader,
    RootWriter,
    Standardize,
    Supervised,
)

chain = Chain(
    RootReader(
        Sample("W", "data/jets/w_?.root", weight="weight"),
        Sample("QCD", "data/jets/qcd_?.root", weight="weight"),
        tree="jets",
        identity=["run", "event"],
        several_per_event="jet_rank",  # an entry is a jet
    ),
    Define("n_neutral", "jet_nparticles - jet_ntracks"),
    Standardize(
        [
            *["jet_mass", "jet_msoftdrop", "jet_mgroomed", "raw_mass", "jet_pt", "jet_c2", "jet_d2"],
            *["jet_tau1", "jet_tau2", "jet_tau3", "jet_ntracks", "n_neutral"],
        ],
        output="features",
    ),
    Supervised(
        network=Dense(inputs=["features"], layers=[64, 64, 64], activation="silu", residual=True, output="mass"),
        target="hard_mass",
        loss=GaussianLikelihood(shift=80, scale=30),
        epochs=8,
        batch_size=1024,
        optimizer=Adam(rate=0.002),
        schedule=Cosine(),
    ),
    RegressionReport(
        prediction="mass",
        target="hard_mass",
        compare=["jet_mass", "jet_mgroomed"],
        against=["mu", "jet_pt"],
        response="difference",
        unit="GeV",
    ),
    RootWriter(columns=["mass"]),
)
