"""Quark or gluon, without a detector: the one public benchmark whose numbers can be compared outright.

    python data/quark_gluon/make_quark_gluon.py make --out DIR --files 17
    python benchmarks/physics/quark_gluon.py --data DIR --out RESULTS

20,000 jets for training (files 1 to 10 of each class), file 11 for validation, the rest for the test; median of three
seeds. With 1.6 million jets for training PFN-ID reaches an AUC of 0.905, PFN 0.891, EFN 0.882 (arXiv:1810.05165) and
ParticleNet-ID 0.912 (arXiv:1902.08570); the marks for 20,000 are provisional, set from these. ID: with particle types.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import uproot
from tagging import Model, arguments, compare, judged, print_table, reader, trained

from hepdl.algorithm import Step
from hepdl.algorithms import (
    DeepSets,
    Define,
    Dense,
    EnergyFlowNetwork,
    OneHot,
    ParticleNetLite,
    Particles,
    Standardize,
)

sys.path.insert(0, str(Path(__file__).parents[2] / "data"))

from generation.multiplicity import pass_gate

OBSERVABLES = ["jet_multiplicity", "jet_mass", "jet_width", "jet_lha", "jet_ptd", "jet_z1"]
SPECIES = [22, 130, *(sign * code for code in (211, 321, 2212, 2112, 11, 13) for sign in (1, -1))]
"""Particles and antiparticles as the Particle Data Group numbers them: the full identification of PFN-ID."""
SHARE = Define("share", "part_pt / sum(part_pt)")
ANGLES = Particles("angles", ["part_y", "part_phi"], name="angles")
PLACES: list[Step] = [
    Define("distance", "hypot(part_y, part_phi)"),
    Define("log_distance", "log(maximum(distance, 0.001))"),
    Particles("where", ["part_y", "part_phi", "distance", "log_distance"], name="where"),
    Standardize(["where"], output="places"),
]
"""Angles alone, so that a sum with shares of pT as weights is infrared and collinear safe."""
KINEMATICS: list[Step] = [
    SHARE,
    Define("log_share", "log(share)"),
    Define("distance", "hypot(part_y, part_phi)"),
    Particles("kinematics", ["share", "log_share", "part_y", "part_phi", "distance"], name="kinematics"),
    Standardize(["kinematics"], output="scaled"),
]  # fmt: skip
TYPES = OneHot("part_pdgid", "types", values=SPECIES)
MODELS = {
    "Dense": Model(
        [Standardize(OBSERVABLES, output="observables")],
        Dense(inputs=["observables"], layers=[64, 64], dropout=0.1), epochs=40, marks={"AUC": 0.855},
    ),
    "EFN": Model(
        [SHARE, *PLACES], EnergyFlowNetwork(inputs=["places"], weight="share"), epochs=40, marks={"AUC": 0.855},
        rate=2e-3, batch_size=128,
    ),
    "PFN": Model(KINEMATICS, DeepSets(inputs=["scaled"], dropout=0.1), epochs=30, marks={"AUC": 0.865}),
    "PFN-ID": Model(
        [*KINEMATICS, TYPES], DeepSets(inputs=["scaled", "types"], dropout=0.1), epochs=30, marks={"AUC": 0.875}
    ),
    "ParticleNet-Lite-ID": Model(
        [*KINEMATICS, TYPES, ANGLES], ParticleNetLite(inputs=["scaled", "types"], coordinates="angles"), epochs=20,
        marks={"AUC": 0.880}, rate=2e-3,
    ),
}  # fmt: skip


def need_sample(data: Path) -> None:
    """Raise ValueError unless the multiplicities of the sample are those of the published one."""
    numbers = []
    for name in ("gluon", "quark"):
        files = {str(path): "jets" for path in sorted(data.glob(f"{name}_*.root"))}
        numbers.append(uproot.concatenate(files, ["jet_multiplicity"], library="np")["jet_multiplicity"])
    pass_gate(*numbers)


def main() -> None:
    """Gate, train, judge, print."""
    options: argparse.Namespace = arguments(__doc__, list(MODELS))
    options.out.mkdir(parents=True, exist_ok=True)
    need_sample(options.data)
    results = {}
    for name in options.models:
        first = reader(options.data, ["gluon", "quark"], options, identity=["event"])
        results[name] = judged([trained(name, MODELS[name], first, seed, options) for seed in options.seeds])
    print_table(MODELS, results)
    for worse, better in zip(options.models, options.models[1:], strict=False):
        gain, error = compare(results, better, worse, "AUC")
        print(
            f"{better} above {worse}: AUC {gain:+.4f} ± {error:.4f}  {'in order' if gain > -error else 'NOT in order'}"
        )


if __name__ == "__main__":
    main()
