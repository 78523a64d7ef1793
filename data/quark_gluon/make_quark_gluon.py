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
import sys
import time
from pathlib import Path

import awkward as ak
import numpy as np
import uproot

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from generation.clustering import anti_kt, cluster
from generation.files import auc, jagged, trunc, write, write_checksums
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
GATE = {"mean gluon": (53.1, 0.7), "mean quark": (33.3, 0.5), "AUC": (0.843, 0.010)}
"""Multiplicity of the published sample (ours must agree within the second number)."""


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


def make_file(name, number, out):
    """Generate one file, unless it is there."""
    path = out / f"{name}_{number:02d}.root"
    if path.exists():
        print(f"{path.name}: already there")
        return
    generator = pythia([f"{PROCESS[name]}", *COMMON], 100_000 * (1 + LABELS[name]) + number, energy=14000)
    start, chunks, collisions, got = time.process_time(), [], 0, 0
    while got < FILE_JETS:
        batch = generator.nextBatch(500).prt
        collisions += len(batch)
        jets, constituents = hardest(final(batch[light(batch)]))
        chunks.append(branches(jets, constituents))
        got += len(jets)
    tree = {k: np.concatenate([c[k] for c in chunks])[:FILE_JETS] for k in chunks[0] if k != "part"}
    event = 1_000_000 * LABELS[name] + FILE_JETS * number + np.arange(FILE_JETS)
    head = {"event": event.astype("i8"), "file": np.full(FILE_JETS, number, "i2")}
    tree = {**head, **tree, "label": np.full(FILE_JETS, LABELS[name], "i1")}
    write(path, {**tree, "part": ak.concatenate([c["part"] for c in chunks])[:FILE_JETS]}, FILE_JETS)
    cpu = time.process_time() - start
    print(f"{path.name}: {got} jets of {collisions} collisions, {cpu:.0f} s CPU, {got / cpu:.1f} jets/s", flush=True)


def make(files, out):
    """All files up to a number, quarks and gluons in turn, so that what is there can be used."""
    out.mkdir(parents=True, exist_ok=True)
    for number in range(1, files + 1):
        for name in LABELS:
            make_file(name, number, out)
    write_checksums(out)


def check_file(path):
    """The flat branches of a file, after a look at the constituents."""
    a = uproot.open(path)["jets"].arrays()
    pt, y, phi = (ak.values_astype(a[f"part_{k}"], "f8") for k in ("pt", "y", "phi"))
    m = jagged(a.part_pdgid, lambda ids: np.array([MASSES.get(i, 0.0) for i in np.abs(ids)]))
    mt = np.sqrt(pt**2 + m**2)
    px, py, pz, e = pt * np.cos(phi), pt * np.sin(phi), mt * np.sinh(y), mt * np.cosh(y)
    sums = [ak.to_numpy(ak.sum(v, axis=1)) for v in (px, py, pz, e)]
    off = np.abs(np.sqrt(sums[3] ** 2 - sums[2] ** 2 - sums[1] ** 2 - sums[0] ** 2) - ak.to_numpy(a.jet_mass)).max()
    shift = np.abs(np.hypot(sums[0], sums[1]) / ak.to_numpy(a.jet_pt) - 1).max()
    ordered = ak.all(a.part_pt[:, 1:] <= a.part_pt[:, :-1])
    flat = {k: ak.to_numpy(a[k]) for k in a.fields if not k.startswith(("part_", "npart"))}
    finite = all(np.isfinite(v).all() for v in flat.values())
    if off > 0.3 or shift > 1e-3 or not ordered or not finite or not ak.all(ak.num(pt) == a.jet_multiplicity):
        raise ValueError(f"{path.name}: the constituents do not make the jet (mass off by {off:.3f} GeV)")
    return flat, float(off)


def load(out):
    """The jets of each class in a folder, every file looked at."""
    jets = {}
    for name in LABELS:
        checked = [check_file(path) for path in sorted(out.glob(f"{name}_*.root"))]
        if not checked:
            raise FileNotFoundError(f"no {name}_*.root in {out}; run 'make' first")
        jets[name] = {k: np.concatenate([flat[k] for flat, _ in checked]) for k in checked[0][0]}
        worst = max(off for _, off in checked)
        print(f"{name}: {len(checked)} files, {len(jets[name]['label'])} jets; sums within {worst:.3f} GeV in mass")
    return jets


def check(out):
    """Print the sanity table; raise when an event occurs twice or the multiplicity is not the published one."""
    jets = load(out)
    gluon, quark = jets["gluon"], jets["quark"]
    events = np.concatenate([gluon["event"], quark["event"]])
    if len(np.unique(events)) != len(events):
        raise ValueError("an event number occurs twice")
    print("\n| observable | mean quark | mean gluon | AUC |\n|---|---|---|---|")
    for k in (k for k in gluon if k.startswith("jet_")):
        area = auc(gluon[k], quark[k])
        print(f"| {k} | {quark[k].mean():.4g} | {gluon[k].mean():.4g} | {max(area, 1 - area):.4f} |")
    pass_gate(gluon["jet_multiplicity"], quark["jet_multiplicity"])


def pass_gate(gluon, quark):
    """Raise ValueError unless mean multiplicities and their AUC are those of the published sample."""
    errors = {"mean gluon": gluon.std() / len(gluon) ** 0.5, "mean quark": quark.std() / len(quark) ** 0.5}
    values = {"mean gluon": gluon.mean(), "mean quark": quark.mean(), "AUC": auc(quark, gluon)}
    errors["AUC"] = 0.37 / min(len(gluon), len(quark)) ** 0.5
    print("\n| multiplicity | here | published | tolerance |\n|---|---|---|---|")
    for k, (published, tolerance) in GATE.items():
        print(f"| {k} | {values[k]:.4f} ± {errors[k]:.4f} | {published} | {tolerance} |")
    far = [k for k, (published, tolerance) in GATE.items() if abs(values[k] - published) > tolerance]
    if far:
        raise ValueError(f"the multiplicity is not that of the published sample: {', '.join(far)}")


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
