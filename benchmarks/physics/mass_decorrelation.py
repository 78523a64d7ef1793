"""W jets against QCD jets without sculpting the mass: rejection against 1/JSD, beside a plain network and DDT.

    python benchmarks/physics/mass_decorrelation.py --seeds 3

Runs steering/mass_decorrelation.py through the command line for each seed, reads the friend trees and judges them with
estimators of its own: at 50 % W efficiency the rejection R50 of QCD jets of 50 to 300 GeV, and the Jensen-Shannon
divergence (bits) of their mass in 5 GeV bins between those that pass and those that fail (ATL-PHYS-PUB-2018-014). DDT
(arXiv:1603.00027) subtracts from tau21 its slope in log(m^2 / pT / 1 GeV) for QCD jets of the training part. Marks: a
1/JSD of at least ten times that of the plain network at no less than 40 % of its R50, and more R50 than DDT at a 1/JSD
that is no smaller.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import uproot

ROOT = Path(__file__).parents[2]
EDGES = np.linspace(50, 300, 51)
SCORES = ("disco", "pivot", "disco_plain")
TRAINING, TEST = 0, 2
Table = dict[str, np.ndarray]


def run(seed: int, folder: Path, settings: list[str]) -> None:
    """Run the steering script into a folder, unless it holds a finished run already."""
    if (folder / "scores").exists():
        return
    command = [str(Path(sys.executable).with_name("hepdl")), "run", "steering/mass_decorrelation.py"]
    options = [word for value in settings for word in ("--set", value)]
    words = [*command, "--seed", str(seed), "-o", str(folder), "-l", "WARNING", *options]
    subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def load(folder: Path) -> Table:
    """Friend trees beside the jets they belong to, selected jets alone."""
    columns: dict[str, list[np.ndarray]] = {}
    for path in sorted((folder / "scores").rglob("*.root")):
        with uproot.open(path) as file:
            friend, parent = file["hepdl"].arrays(library="np"), json.loads(str(file["hepdl_parent"]))
        names = ["jet_mgroomed", "jet_pt", "jet_tau1", "jet_tau2", "weight", "label"]
        with uproot.open(parent["file"]) as file:
            jets = file[parent["tree"]].arrays(names, library="np")
        used = friend["hepdl_split"] >= 0
        for name, values in {**jets, **friend}.items():
            columns.setdefault(name, []).append(values[used].astype(float))
    return {name: np.concatenate(values) for name, values in columns.items()}


def ddt(table: Table) -> np.ndarray:
    """−τ21 without its slope in ρ = log(m²/pT/1 GeV) for QCD jets of the training part."""
    tau21 = table["jet_tau2"] / table["jet_tau1"]
    rho = np.log(table["jet_mgroomed"] ** 2 / table["jet_pt"])
    used = (table["label"] == 0) & (table["hepdl_split"] == TRAINING)
    slope, _ = np.polyfit(rho[used], tau21[used], 1)
    return -(tau21 - slope * rho)


def judge(score: np.ndarray, table: Table) -> tuple[float, float, float]:
    """R50, 1/JSD, and what 1/JSD is on average (median) when as many random jets pass."""
    test = table["hepdl_split"] == TEST
    signal, background = test & (table["label"] == 1), test & (table["label"] == 0)
    order = np.argsort(-score[signal])
    kept = np.cumsum(table["weight"][signal][order]) / table["weight"][signal].sum()
    passed = score[background] >= score[signal][order][np.argmax(kept >= 0.5)]
    mass, random = table["jet_mgroomed"][background], np.random.default_rng(1)
    limit = np.median([jsd(mass, random.permutation(passed)) for _ in range(100)])
    return float(1 / passed.mean()), 1 / jsd(mass, passed), float(1 / limit)


def jsd(mass: np.ndarray, passed: np.ndarray) -> float:
    """In bits; QCD jets have weight 1 in this sample."""
    p, q = (np.histogram(mass[rows], EDGES)[0] / rows.sum() for rows in (passed, ~passed))
    return sum(_entropy(one, (p + q) / 2) for one in (p, q)) / 2


def _entropy(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.sum(p[p > 0] * np.log2(p[p > 0] / q[p > 0])))


def main() -> None:
    """Run, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "mass_decorrelation", help="kept and found there")
    parser.add_argument("--set", action="append", default=[], help="a parameter of the chain, as for hepdl run")
    options = parser.parse_args()
    found: dict[str, list[tuple[float, float, float]]] = {}
    for seed in range(1, options.seeds + 1):
        folder = options.runs.resolve() / f"seed_{seed}"
        run(seed, folder, options.set)
        table = load(folder)
        for name, score in {**{name: table[name] for name in SCORES}, "ddt": ddt(table)}.items():
            found.setdefault(name, []).append(judge(score, table))
            print(f"seed {seed} {name:12s} R50 {found[name][-1][0]:7.2f}  1/JSD {found[name][-1][1]:8.2f}", flush=True)
    print_table(found)


def print_table(found: dict[str, list[tuple[float, float, float]]]) -> None:
    """Medians, the worst seed, marks."""
    plain, baseline = np.array(found["disco_plain"]), np.array(found["ddt"])
    print("\n| score | R50 | of plain (worst) | 1/JSD | over plain (worst) | statistical limit | marks |")
    print("|---|---|---|---|---|---|---|")
    for name, values in found.items():
        each = np.array(values)
        power, flat = each[:, 0] / plain[:, 0], each[:, 1] / plain[:, 1]
        met = np.median(power) >= 0.4 and np.median(flat) >= 10
        beats = np.median(each[:, 0]) > np.median(baseline[:, 0]) and np.median(each[:, 1]) >= np.median(baseline[:, 1])
        words = f"10×: {'met' if met else 'NOT MET'}; DDT: {'beaten' if beats else 'NOT BEATEN'}"
        print(
            f"| {name} | {np.median(each[:, 0]):.1f} | {np.median(power):.2f} ({power.min():.2f}) | "
            f"{np.median(each[:, 1]):.1f} | {np.median(flat):.1f} ({flat.min():.1f}) | {np.median(each[:, 2]):.0f} | "
            f"{words if name in ('disco', 'pivot') else ''} |"
        )


if __name__ == "__main__":
    main()
