"""Top or QCD: networks on the constituents, in their order or as a cloud, against a dense network on the same numbers.

    python data/top/make_top.py make --out DIR --files 16
    python benchmarks/physics/top.py --data DIR --out RESULTS

20,000 jets for training (files 1 to 10 of each class), file 11 for validation, the rest for the test; median of three
seeds. The detector is lighter than that of the public top-tagging data, so absolute numbers do not compare; an LSTM was
published with twice the rejection of a dense network on the same kind of input (arXiv:1711.09059, 1704.02124).
"""

from __future__ import annotations

import argparse

from tagging import Model, arguments, compare, judged, print_table, reader, trained

from hepdl.algorithm import Step
from hepdl.algorithms import P4, Define, Dense, ParticleNetLite, Particles, Recurrent, Standardize

HARDEST = 40
"""Constituents that dense and recurrent networks see."""
OBSERVABLES = ["jet_mass", "jet_msoftdrop", "tau21", "tau32", "jet_nparticles"]
FEATURES = ["deta", "dphi", "log_pt", "log_share", "log_energy", "log_energy_share", "distance"]
"""Of each particle, those of arXiv:1902.08570."""
CLOUD: list[Step] = [
    P4("part", px="part_px", py="part_py", pz="part_pz"),
    Define("share", "part.pt / jet_pt"),
    Define("deta", "part.eta - jet_eta"),
    Define("dphi", "wrap(part.phi - jet_phi)"),
    Define("log_pt", "log(part.pt)"),
    Define("log_share", "log(share)"),
    Define("log_energy", "log(part_energy)"),
    Define("log_energy_share", "log(part_energy / sum(part_energy))"),
    Define("distance", "hypot(deta, dphi)"),
]
LEADING: list[Step] = [
    *CLOUD,
    Particles("leading", ["share", "deta", "dphi"], most=HARDEST, name="leading"),
    Standardize(["leading"], output="scaled"),
]
FLAT = [f"{name}_{place}" for place in range(HARDEST) for name in ("share", "deta", "dphi")]


def flattened(name: str) -> Define:
    """``share_3``: the number of the fourth particle, 0 where there is none."""
    column, place = name.rsplit("_", 1)
    return Define(name, f"where(len({column}) > {place}, {column}[{place}], 0)")


MODELS = {
    "Observables": Model(
        [Define("tau21", "jet_tau2 / jet_tau1"), Define("tau32", "jet_tau3 / jet_tau2"),
         Standardize(OBSERVABLES, output="observables")],
        Dense(inputs=["observables"], layers=[64, 64], dropout=0.1), epochs=40,
    ),
    "Dense": Model(
        [*CLOUD, *map(flattened, FLAT), Standardize(FLAT, output="flat")],
        Dense(inputs=["flat"], layers=[200, 100, 50], dropout=0.2), epochs=30,
    ),
    "LSTM": Model(LEADING, Recurrent(inputs=["scaled"], cell="LSTM", layers=[128], head=[64], dropout=0.1), epochs=20),
    "GRU": Model(LEADING, Recurrent(inputs=["scaled"], cell="GRU", layers=[128], head=[64], dropout=0.1), epochs=20),
    "ParticleNet-Lite": Model(
        [*CLOUD, Particles("angles", ["deta", "dphi"], name="angles"), Particles("particles", FEATURES),
         Standardize(["particles"], output="scaled")],
        ParticleNetLite(inputs=["scaled"], coordinates="angles"), epochs=20, marks={"AUC": 0.965}, rate=2e-3,
    ),
}  # fmt: skip
RATIO, STEP = 1.15, 0.01
"""Marks: R50 of the recurrent networks over that of Dense, AUC of ParticleNet-Lite above that of Dense."""


def main() -> None:
    """Train, judge, print."""
    options: argparse.Namespace = arguments(__doc__, list(MODELS))
    options.out.mkdir(parents=True, exist_ok=True)
    results = {}
    for name in options.models:
        first = reader(options.data, ["qcd", "top"], options, identity=["event"], several_per_event="jet_rank")
        results[name] = judged([trained(name, MODELS[name], first, seed, options) for seed in options.seeds])
    print_table(MODELS, results)
    if "Dense" not in results:
        return
    for name in {"LSTM", "GRU"} & set(results):
        ratio = results[name]["R50"].median / results["Dense"]["R50"].median
        error = float((results[name]["R50"].copies / results["Dense"]["R50"].copies).std())
        print(f"R50 {name} / Dense {ratio:.2f} ± {error:.2f}  {'met' if ratio >= RATIO else 'MISSED'} (mark {RATIO})")
    if "ParticleNet-Lite" in results:
        gain, error = compare(results, "ParticleNet-Lite", "Dense", "AUC")
        word = "met" if gain >= STEP else "MISSED"
        print(f"ParticleNet-Lite above Dense: AUC {gain:+.4f} ± {error:.4f}  {word} (mark {STEP:+g})")


if __name__ == "__main__":
    main()
