#!/usr/bin/env python3
"""Top jets and QCD jets with their constituents, from Pythia 8, FastJet and a light detector.

  pip install -e '.[generate]'

  python data/top/make_top.py make --out DIR --files 20     # 20,000 top and 20,000 QCD jets
  python data/top/make_top.py check --out DIR               # the sanity table

A file has 1,000 jets of one class and a seed of its own; a file that is there is not made again, so `make` goes on
after a kill. The files in this folder are the first two of each class.

Events:    pp at 13 TeV, Pythia's default tune; HardQCD:all, or Top:gg2ttbar and Top:qqbar2ttbar (both W hadronic);
           pTHat 470-900 GeV.
Detector:  that of data/jets, without pile-up.
Jets:      anti-kT R = 0.8, at most the two hardest of an event, 500 < pT < 700 GeV and |eta| < 1.7; top jets hold the
           three decay quarks within 0.8.
"""

import argparse
import sys
from pathlib import Path

import awkward as ak
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from generation.clustering import anti_kt, cluster, holds, need_constituents, only_p4
from generation.detector import by_event, cells, on_shell, tracks
from generation.files import auc, join, trunc, write_checksums
from generation.production import load, make_file, refuse_twice
from generation.pythia import decay_quarks, pythia, visible
from generation.substructure import soft_drop, subjettiness

HERE = Path(__file__).resolve().parent
RADIUS, PT_MIN, PT_MAX, ETA_MAX, Z_CUT = 0.8, 500.0, 700.0, 1.7, 0.1
FILE_JETS, SAMPLE_FILES = 1000, 2
PT_HAT = ["PhaseSpace:pTHatMin=470", "PhaseSpace:pTHatMax=900"]
TOP = ["Top:gg2ttbar=on", "Top:qqbar2ttbar=on", "24:onMode=off", "24:onIfAny=1 2 3 4 5"]
CLASSES = {  # name: (label, decay quarks to be found in the jet, Pythia settings)
    "qcd": (0, 0, ["HardQCD:all=on", *PT_HAT]),
    "top": (1, 3, [*TOP, *PT_HAT]),
}
OBSERVABLES = ("jet_mass", "jet_msoftdrop", "tau21", "tau32", "jet_nparticles", "jet_ntracks", "jet_pt")


def select(particles, jets, n_quarks):
    """Which of the (at most two) jets of each event pass the selection."""
    ok = (jets.pt > PT_MIN) & (jets.pt < PT_MAX) & (abs(jets.eta) < ETA_MAX)
    return ok & holds(jets, decay_quarks(particles), n_quarks, RADIUS) if n_quarks else ok


def branches(jets, constituents):
    """The flat branches of jets, and their constituents."""
    p4 = only_p4(constituents)
    tau1, tau2, tau3 = subjettiness(p4, (1, 2, 3), RADIUS)
    flat = {"jet_pt": jets.pt, "jet_eta": jets.eta, "jet_phi": jets.phi, "jet_mass": jets.mass}
    flat |= {"jet_msoftdrop": np.maximum(soft_drop(p4, Z_CUT, RADIUS)[0], 0.0)}
    flat |= {"jet_tau1": tau1, "jet_tau2": tau2, "jet_tau3": tau3}
    tree = {k: trunc(ak.to_numpy(v)) for k, v in flat.items()}
    tree["jet_nparticles"] = ak.to_numpy(ak.num(constituents.px)).astype("i2")
    tree["jet_ntracks"] = ak.to_numpy(ak.sum(constituents.charge != 0, axis=1)).astype("i2")
    return {**tree, "part": on_shell(constituents)}


def jets_of(particles, n_quarks, rng):
    """Selected jets of a batch of events: place of the event in the batch, rank of the jet, and branches."""
    hard = visible(particles)
    objects = by_event(join([tracks(hard, rng), cells(hard, rng)]), len(particles))
    jets, index = cluster(objects, anti_kt(RADIUS))
    jets = jets[:, :2]
    ok = select(particles, jets, n_quarks)
    event, rank = np.nonzero(ak.to_numpy(ak.fill_none(ak.pad_none(ok, 2), False)))
    constituents = objects[event][index[event, rank]]
    constituents = constituents[ak.argsort(constituents.pt, ascending=False)]
    return {"event": event, "jet_rank": rank.astype("i1"), **branches(jets[event, rank], constituents)}


def make_one(name, number, out):
    """One file."""
    label, n_quarks, settings = CLASSES[name]
    rng, offset = np.random.default_rng([20 + label, number]), 100_000_000 * label + 1_000_000 * number

    def batch(particles, first):
        tree = jets_of(particles, n_quarks, rng)
        return tree | {"event": (tree["event"] + first + offset).astype("i8")}

    constants = {"file": np.int16(number), "label": np.int8(label)}
    seed = 10_000 * (20 + label) + number
    make_file(out / f"{name}_{number:02d}.root", FILE_JETS, lambda: pythia(settings, seed), batch, constants)


def make(files, out):
    """All files up to a number, both classes in turn, so that what is there can be used."""
    out.mkdir(parents=True, exist_ok=True)
    for number in range(1, files + 1):
        for name in CLASSES:
            make_one(name, number, out)
    write_checksums(out)


def check(out):
    """Print the sanity table and stop at the first broken promise."""
    jets = load(out, CLASSES, need_constituents)
    refuse_twice(jets, "event", "jet_rank")
    for flat in jets.values():
        flat["tau21"], flat["tau32"] = flat["jet_tau2"] / flat["jet_tau1"], flat["jet_tau3"] / flat["jet_tau2"]
    qcd, top = jets["qcd"], jets["top"]
    print("\n| observable | median top | median QCD | AUC |\n|---|---|---|---|")
    for k in OBSERVABLES:
        area = auc(qcd[k], top[k])
        print(f"| {k} | {np.median(top[k]):.4g} | {np.median(qcd[k]):.4g} | {max(area, 1 - area):.4f} |")
    inside = {name: np.mean(abs(flat["jet_mass"] - 170) < 30) for name, flat in jets.items()}
    print(f"\nin 140 < jet_mass < 200 GeV: top {inside['top']:.3f}, QCD {inside['qcd']:.3f}")
    if abs(np.median(top["jet_mass"]) - 171) > 5 or inside["top"] < 0.8:
        raise ValueError("the top jets have not the mass of the top quark")


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("make", "check"))
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the ROOT files")
    parser.add_argument("--files", type=int, default=SAMPLE_FILES, help="files of each class, 1,000 jets each")
    options = parser.parse_args()
    if options.command == "make":
        make(options.files, options.out)
    check(options.out)


if __name__ == "__main__":
    main()
