#!/usr/bin/env python3
"""Quark and gluon jets as in the EnergyFlow data set (arXiv:1810.05165, section 5.1), from Pythia 8 and FastJet.

  pip install -e '.[generate]'

  python data/quark_gluon/make_quark_gluon.py make --out DIR --files 17     # 17,000 quark and 17,000 gluon jets
  python data/quark_gluon/make_quark_gluon.py check --out DIR               # the sanity table, and the gate

A file has 1,000 jets of one class and a seed of its own; a file that is there is not made again, so `make` goes on
after a kill. The files in this folder are the first two of each class.

Events:     pp at 14 TeV, Pythia's default tune, all showers, multiple interactions and hadronisation;
            q qbar -> Z(nu nu) g and q g -> Z(nu nu) q with q = u, d, s; pTHat 460-720 GeV.
Particles:  all final ones but neutrinos; no detector.
Jets:       anti-kT R = 0.4; the hardest of an event, if 500 < pT < 550 GeV and |y| < 1.7.
"""

import argparse
import itertools
import sys
from pathlib import Path

import awkward as ak
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from generation.clustering import anti_kt, cluster
from generation.files import auc, jagged, trunc, write_checksums
from generation.multiplicity import pass_gate
from generation.production import load, make_file, refuse_twice
from generation.pythia import final, pythia

HERE = Path(__file__).resolve().parent
RADIUS, PT_MIN, PT_MAX, Y_MAX = 0.4, 500.0, 550.0, 1.7
FILE_JETS, SAMPLE_FILES = 1000, 2
PROCESS = {"gluon": "WeakBosonAndParton:qqbar2gmZg=on", "quark": "WeakBosonAndParton:qg2gmZq=on"}
LABELS = {"gluon": 0, "quark": 1}
COMMON = ["WeakZ0:gmZmode=2", "23:onMode=off", "23:onIfAny=12 14 16"]
COMMON += ["PhaseSpace:pTHatMin=460", "PhaseSpace:pTHatMax=720"]
LIGHT = (1, 2, 3)
MASSES = {11: 0.000511, 13: 0.10566, 211: 0.13957, 321: 0.49368, 2212: 0.93827, 2112: 0.93957, 130: 0.49761}


def light(particles):
    """Which events have a gluon or a light quark as the outgoing parton of the hard process."""
    out = particles[(abs(particles.status) == 23) & (particles.id != 23)]
    size = abs(ak.firsts(out.id))
    return ak.to_numpy(ak.fill_none((size == 21) | (size <= max(LIGHT)), False))


def hardest(particles):
    """The hardest jet of each event that has one in the window, and its constituents in falling pT."""
    jets, index = cluster(particles, anti_kt(RADIUS), PT_MIN)
    jets, index = jets[:, :1], index[:, :1]
    passing = (jets.pt < PT_MAX) & (abs(jets.rapidity) < Y_MAX)
    rows = np.flatnonzero(ak.to_numpy(ak.any(passing, axis=1)))
    constituents = particles[rows][index[rows][:, 0]]
    return jets[rows][:, 0], constituents[ak.argsort(constituents.pt, ascending=False)]


def branches(jets, constituents):
    """The branches of jets and the observables of their constituents, from unrounded momenta."""
    y, phi = constituents.rapidity - jets.rapidity, constituents.phi - jets.phi
    phi = (phi + np.pi) % (2 * np.pi) - np.pi
    z = constituents.pt / ak.sum(constituents.pt, axis=1)
    distance = np.sqrt(y**2 + phi**2)
    flat = {"jet_pt": jets.pt, "jet_y": jets.rapidity, "jet_phi": jets.phi, "jet_mass": jets.mass}
    flat |= {"jet_width": ak.sum(z * distance, axis=1), "jet_lha": ak.sum(z * np.sqrt(distance / RADIUS), axis=1)}
    flat |= {"jet_ptd": np.sqrt(ak.sum(z**2, axis=1)), "jet_z1": z[:, 0]}
    tree = {k: trunc(ak.to_numpy(v)) for k, v in flat.items()}
    tree["jet_multiplicity"] = ak.to_numpy(ak.num(z)).astype("i2")
    part = {"pt": jagged(constituents.pt, trunc), "y": jagged(y, trunc), "phi": jagged(phi, trunc)}
    part["pdgid"] = jagged(constituents.pdgid, lambda a: a.astype("i2"))
    return {**tree, "part": ak.zip(part)}


def make_one(name, number, out):
    """One file; events are numbered as they come."""
    settings, label = [PROCESS[name], *COMMON], LABELS[name]
    seed, numbers = 100_000 * (1 + label) + number, itertools.count(1_000_000 * label + FILE_JETS * number)

    def jets_of(particles, _first):
        jets, constituents = hardest(final(particles[light(particles)]))
        event = np.fromiter(numbers, "i8", len(jets))
        return {"event": event, **branches(jets, constituents)}

    constants = {"file": np.int16(number), "label": np.int8(label)}
    path = out / f"{name}_{number:02d}.root"
    make_file(path, FILE_JETS, lambda: pythia(settings, seed, energy=14000), jets_of, constants)


def make(files, out):
    """All files up to a number, quarks and gluons in turn, so that what is there can be used."""
    out.mkdir(parents=True, exist_ok=True)
    for number in range(1, files + 1):
        for name in LABELS:
            make_one(name, number, out)
    write_checksums(out)


def check_file(a, name):
    """Raise ValueError when the constituents do not make the jet."""
    pt, y, phi = (ak.values_astype(a[f"part_{k}"], "f8") for k in ("pt", "y", "phi"))
    mt = np.sqrt(pt**2 + jagged(a.part_pdgid, masses) ** 2)
    px, py, pz, e = (ak.to_numpy(ak.sum(v, axis=1)) for v in (pt * np.cos(phi), pt * np.sin(phi),
                                                              mt * np.sinh(y), mt * np.cosh(y)))  # fmt: skip
    off = np.abs(np.sqrt(e**2 - pz**2 - py**2 - px**2) - ak.to_numpy(a.jet_mass)).max()
    shift = np.abs(np.hypot(px, py) / ak.to_numpy(a.jet_pt) - 1).max()
    ordered = ak.all(a.part_pt[:, 1:] <= a.part_pt[:, :-1])
    if off > 0.3 or shift > 1e-3 or not ordered or not ak.all(ak.num(pt) == a.jet_multiplicity):
        raise ValueError(f"{name}: the constituents do not make the jet (mass off by {off:.3f} GeV)")


def masses(pdgid):
    """Mass in GeV of each particle."""
    return np.array([MASSES.get(size, 0.0) for size in np.abs(pdgid)])


def check(out):
    """Print the sanity table; raise when an event occurs twice or the multiplicity is not the published one."""
    jets = load(out, LABELS, check_file)
    refuse_twice(jets, "event")
    gluon, quark = jets["gluon"], jets["quark"]
    print("\n| observable | mean quark | mean gluon | AUC |\n|---|---|---|---|")
    for k in (k for k in gluon if k.startswith("jet_")):
        area = auc(gluon[k], quark[k])
        print(f"| {k} | {quark[k].mean():.4g} | {gluon[k].mean():.4g} | {max(area, 1 - area):.4f} |")
    pass_gate(gluon["jet_multiplicity"], quark["jet_multiplicity"])


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
