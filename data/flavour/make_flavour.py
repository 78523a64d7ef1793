#!/usr/bin/env python3
"""Jets of known flavour (light, c, b, tau) with their charged tracks and signed impact parameters, from Pythia 8.

  pip install -e '.[generate]'

  python data/flavour/make_flavour.py make --out DIR --files 20    # 30,000 jets of each of b, c, light, 10,000 of tau
  python data/flavour/make_flavour.py check --out DIR              # the sanity table

A file has jets of one flavour and a seed of its own; a file that is there is not made again, so `make` goes on after a
kill. The files in this folder are the first of each flavour.

Events:    pp at 13 TeV, Pythia's default tune: hard b bbar, c cbar, or light quarks and gluons, pTHat 40-260 GeV drawn
           with a bias of pT^4, which flattens the spectrum; q qbar -> Z/gamma* -> tau tau of mass 140-500 GeV.
Pile-up:   tracks of Poisson(40) minimum-bias events, 45 mm (Gaussian) around the primary vertex; 400 events a file,
           each turned by a random phi and mirrored in z.
Detector:  that of data/jets, without pile-up in the calorimeter; d0 with 20 + 80/pT um (in quadrature), z0 sin(theta)
           with 50 + 100/pT um, pT in GeV.
Jets:      anti-kT R = 0.4 of tracks and cells, 50 < pT < 200 GeV, |eta| < 2.1.
Flavour:   b if a weakly decaying b hadron of pT > 5 GeV is within 0.3, else c likewise, else tau likewise (10 GeV).
Tracks:    pT > 0.5 GeV, made within 30 mm of the beam, within 0.4 of the (nearest) jet, |d0| < 3.5 mm and
           |z0 sin(theta)| < 5 mm; at most the 40 of largest |d0 / sigma|, which also is their order.
"""

import argparse
import sys
from pathlib import Path

import awkward as ak
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from generation.ancestry import STRANGE, TAU, Ancestry, B, C
from generation.clustering import anti_kt, cluster, delta_r
from generation.detector import by_event, cells, tracks
from generation.files import auc, jagged, join, trunc, write_checksums
from generation.impact import closest, lifetime_signs, resolution
from generation.pile_up import picked, turned
from generation.production import load, make_file, refuse_twice
from generation.pythia import P4, momenta, pythia, visible

HERE = Path(__file__).resolve().parent
RADIUS, PT_MIN, PT_MAX, ETA_MAX, MATCH = 0.4, 50.0, 200.0, 2.1, 0.3
MU, SPREAD, POOL_EVENTS, POOL_SEED = 40, 45.0, 400, 777003
R_MAX, D0_MAX, Z0_MAX, TRACKS_MAX = 30.0, 3.5, 5.0, 40
SAMPLE_FILES = 1
BIASED = ["PhaseSpace:pTHatMin=40", "PhaseSpace:pTHatMax=260"]
BIASED += ["PhaseSpace:bias2Selection=on", "PhaseSpace:bias2SelectionPow=4"]
LIGHT = [f"HardQCD:{process}=on" for process in ("gg2gg", "qg2qg", "qq2qq", "gg2qqbar", "qqbar2gg", "qqbar2qqbarNew")]
DRELL_YAN = ["WeakSingleBoson:ffbar2gmZ=on", "23:onMode=off", "23:onIfAny=15", "15:offIfAny=11 13"]
DRELL_YAN += ["PhaseSpace:mHatMin=140", "PhaseSpace:mHatMax=500"]
FLAVOURS = {  # name: (label, jets a file, Pythia settings)
    "light": (0, 2000, [*LIGHT, *BIASED]),
    "c": (1, 1500, ["HardQCD:hardccbar=on", *BIASED]),
    "b": (2, 1500, ["HardQCD:hardbbbar=on", *BIASED]),
    "tau": (3, 1000, DRELL_YAN),
}
HADRONS = {2: (B, 5.0), 1: (C, 5.0), 3: (TAU, 10.0)}  # label: (what to look for, pT in GeV), the first found counts
PILE_UP, PRIMARY, FROM_B, FROM_BC, FROM_C, FROM_TAU, SECONDARY = range(7)
"""Where a track comes from."""


def with_vertices(particles, ancestry):
    """Visible particles with production vertex vx, vy, vz in mm and bits of their ancestors."""
    vertex = {f"v{k}": ak.fill_none(particles.vProd[f"p{k}"], 0.0, axis=1) for k in "xyz"}
    return visible(particles, **vertex, bits=ancestry.jagged(ancestry.origin))


def origins(bits):
    """Where each track of the hard event comes from."""
    b, c, tau, strange = (bits & bit > 0 for bit in (B, C, TAU, STRANGE))
    return np.select([b & c, b, c, tau, strange], [FROM_BC, FROM_B, FROM_C, FROM_TAU, SECONDARY], PRIMARY)


def pool_of(rng):
    """Tracks of minimum-bias events: a table, and the number of tracks of each event."""
    batch = pythia(["SoftQCD:nonDiffractive=on"], POOL_SEED).nextBatch(POOL_EVENTS).prt
    table = tracks(with_vertices(batch, Ancestry(batch)), rng)
    return table, np.bincount(table["ev"], minlength=POOL_EVENTS)


def overlay(n_events, pool, rng):
    """Tracks of pile-up for each event; of collisions far from the primary vertex none would pass the cuts."""
    table, count = pool
    of_event = np.repeat(np.arange(n_events), rng.poisson(MU, n_events))
    shift = rng.normal(0, SPREAD, len(of_event))
    near = np.abs(shift) < 10 * Z0_MAX
    of_event, shift = of_event[near], shift[near]
    pick = rng.integers(0, len(count), len(of_event))
    source, n = picked(count, pick)
    out = {k: v[source] for k, v in table.items()}
    phi, mirror = np.repeat(rng.uniform(0, 2 * np.pi, len(n)), n), np.repeat(rng.choice([-1, 1], len(n)), n)
    for x, y in (("px", "py"), ("vx", "vy")):
        out[x], out[y] = turned(out[x], out[y], phi)
    out["pz"], out["vz"] = mirror * out["pz"], mirror * out["vz"] + np.repeat(shift, n)
    return out | {"ev": np.repeat(of_event, n)}


def measured(p, rng):
    """Tracks as one list an event, with smeared impact parameters and their resolutions; far ones are left out."""
    pt = np.hypot(p["px"], p["py"])
    d0, z0 = closest(*(p[k] for k in ("vx", "vy", "vz", "px", "py", "pz")))
    p = p | {"sigma_d0": resolution(pt, 0.020, 0.080), "sigma_z0": resolution(pt, 0.050, 0.100)}
    p |= {"d0": d0 + rng.normal(0, p["sigma_d0"]), "z0": z0 + rng.normal(0, p["sigma_z0"])}
    near = (np.hypot(p["vx"], p["vy"]) < R_MAX) & (np.abs(p["d0"]) < D0_MAX) & (np.abs(p["z0"]) < Z0_MAX)
    return {k: v[near] for k, v in p.items()}


def label_of(jets, particles, ancestry):
    """The flavour of each jet, jagged."""
    label = ak.zeros_like(jets.pt)
    for value, (bit, pt_min) in reversed(HADRONS.items()):
        heavy = momenta(particles[ancestry.jagged(ancestry.last(bit))])
        pair = ak.cartesian({"jet": jets, "heavy": heavy[heavy.pt > pt_min]}, axis=1, nested=True)
        label = ak.where(ak.any(delta_r(pair.jet, pair.heavy) < MATCH, axis=2), value, label)
    return label


def tracks_of(event, place, jets, found):
    """The tracks of chosen jets: within 0.4 of that jet, and of no nearer one; the most displaced first."""
    tracks_here, axis = found[event], jets[event, place]
    pair = ak.cartesian({"track": tracks_here, "jet": jets[event]}, axis=1, nested=True)
    distance = delta_r(pair.track, pair.jet)
    mine = ak.argmin(distance, axis=2) == place
    mine = ak.fill_none(mine & (ak.min(distance, axis=2) < RADIUS), False)
    chosen = tracks_here[mine]
    order = ak.argsort(abs(chosen.d0 / chosen.sigma_d0), ascending=False)
    return axis, chosen[order][:, :TRACKS_MAX]


def numbered(x, y, z, origin):
    """A number for the production vertex of each track: 0 the primary one, then as they come; −1 for pile-up.

    Particles of one decay, and of strong decays behind it, have the same coordinates to the last bit.
    """
    jet = np.repeat(np.arange(len(x)), ak.to_numpy(ak.num(x)))
    flat = np.stack([jet, *(np.round(ak.to_numpy(ak.flatten(v)), 6) for v in (x, y, z))], axis=1)
    pile_up, primary = ak.to_numpy(ak.flatten(origin)) == PILE_UP, (flat[:, 1:] == 0).all(axis=1)
    _, first, key = np.unique(flat, axis=0, return_index=True, return_inverse=True)
    first = first[key.ravel()]  # the place of the first track of the same vertex
    secondary = ~pile_up & ~primary
    new = secondary & (first == np.arange(len(first)))
    counted = np.cumsum(new)
    before = np.concatenate([[0], counted])[np.searchsorted(jet, jet)]  # those of earlier jets
    number = np.where(secondary, counted[first] - before, 0)
    return ak.unflatten(np.where(pile_up, -1, number).astype("i1"), ak.num(x))


def branches(axis, chosen):
    """The branches of jets and of their tracks."""
    tree = {f"jet_{k}": trunc(ak.to_numpy(getattr(axis, k))) for k in ("pt", "eta", "phi", "mass")}
    tree["jet_ntracks"] = ak.to_numpy(ak.num(chosen.d0)).astype("i2")
    d0_sign, z0_sign = lifetime_signs(chosen.phi, chosen.eta, axis.phi, axis.eta)
    d_phi = (chosen.phi - axis.phi + np.pi) % (2 * np.pi) - np.pi
    part = {"pt": chosen.pt, "ptfrac": chosen.pt / axis.pt, "deta": chosen.eta - axis.eta, "dphi": d_phi}
    part["dr"] = np.hypot(part["deta"], part["dphi"])
    part |= {"d0": chosen.d0 * d0_sign, "z0": chosen.z0 * z0_sign}
    part |= {"sd0": part["d0"] / chosen.sigma_d0, "sz0": part["z0"] / chosen.sigma_z0}
    track = {k: jagged(v, lambda a: trunc(a, 10)) for k, v in part.items()}
    track["origin"] = ak.values_astype(chosen.origin, "i1")
    track["vertex"] = numbered(chosen.vx, chosen.vy, chosen.vz, chosen.origin)
    return {**tree, "track": ak.zip(track)}


def jets_of(particles, want, pool, rng):
    """Jets of one flavour of a batch of events."""
    ancestry, n = Ancestry(particles), len(particles)
    hard = with_vertices(particles, ancestry)
    seen = tracks(hard, rng)
    objects = join([{k: seen[k] for k in ("ev", *P4)}, cells(hard, rng)])
    jets, _ = cluster(by_event(objects, n), anti_kt(RADIUS), PT_MIN / 2)
    extra = overlay(n, pool, rng)
    seen["origin"], extra["origin"] = origins(seen["bits"]), np.full(len(extra["ev"]), PILE_UP)
    found = by_event(measured(join([seen, extra]), rng), n)
    passing = (jets.pt > PT_MIN) & (jets.pt < PT_MAX) & (abs(jets.eta) < ETA_MAX)
    passing = passing & (label_of(jets, particles, ancestry) == want)
    event, rank = (ak.to_numpy(ak.flatten(v)) for v in (ak.broadcast_arrays(np.arange(n), passing)[0][passing],
                                                        ak.local_index(jets.pt)[passing]))  # fmt: skip
    return {"event": event, "jet_rank": rank.astype("i1"), **branches(*tracks_of(event, rank, jets, found))}


def make_one(name, number, out):
    """One file."""
    label, jets, settings = FLAVOURS[name]
    rng, offset = np.random.default_rng([30 + label, number]), 100_000_000 * label + 1_000_000 * number
    pool = []

    def generator():
        pool.append(pool_of(rng))
        return pythia(settings, 10_000 * (30 + label) + number)

    def batch(particles, first):
        tree = jets_of(particles, label, pool[0], rng)
        return tree | {"event": (tree["event"] + first + offset).astype("i8")}

    constants = {"file": np.int16(number), "label": np.int8(label)}
    make_file(out / f"{name}_{number:02d}.root", jets, generator, batch, constants)


def make(files, out):
    """All files up to a number, the flavours in turn, so that what is there can be used."""
    out.mkdir(parents=True, exist_ok=True)
    for number in range(1, files + 1):
        for name in FLAVOURS:
            make_one(name, number, out)
    write_checksums(out)


def check_file(a, name):
    """Raise ValueError when tracks are not ordered, or primary ones are not where the resolution puts them."""
    size = abs(a.track_sd0)
    if not ak.all(size[:, 1:] <= size[:, :-1]) or not ak.all(ak.num(size) == a.jet_ntracks):
        raise ValueError(f"{name}: the tracks are not in the order of |S_d0|")
    pull = ak.to_numpy(ak.flatten(a.track_sd0[(a.track_origin == PRIMARY) & (a.track_vertex == 0)]))
    print(f"{name}: S_d0 of tracks from the primary vertex has width {pull.std():.3f}")
    if abs(pull.std() - 1) > 0.05:
        raise ValueError(f"{name}: S_d0 of tracks from the primary vertex has width {pull.std():.3f}, should have 1")


def check(out):
    """Print the sanity tables and stop at the first broken promise."""
    jets = load(out, FLAVOURS, check_file, lists=True)
    refuse_twice(jets, "event", "jet_rank")
    print("\n| flavour | jets | mean pT | tracks | with S_d0 > 3 | pile-up | primary | b | b to c | c | tau | other |")
    print("|---" * 12 + "|")
    displaced = {}
    for name, flat in jets.items():
        displaced[name] = ak.to_numpy(ak.sum(flat["track_sd0"] > 3, axis=1))
        n = [ak.mean(ak.sum(flat["track_origin"] == kind, axis=1)) for kind in range(7)]
        row = [flat["jet_pt"].mean(), flat["jet_ntracks"].mean(), displaced[name].mean(), *n]
        print(f"| {name} | {len(flat['label'])} | " + " | ".join(f"{v:.3g}" for v in row) + " |")
    largest = {name: ak.to_numpy(ak.fill_none(ak.max(flat["track_sd0"], axis=1), 0)) for name, flat in jets.items()}
    areas = {name: auc(largest[name], largest["b"]) for name in ("light", "c", "tau")}
    print("\nAUC of the largest S_d0, b against " + ", ".join(f"{name} {area:.3f}" for name, area in areas.items()))
    if not displaced["b"].mean() > displaced["c"].mean() > displaced["light"].mean():
        raise ValueError("b jets should have the most displaced tracks, light jets the fewest")


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("make", "check"))
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the ROOT files")
    parser.add_argument("--files", type=int, default=SAMPLE_FILES, help="files of each flavour")
    options = parser.parse_args()
    if options.command == "make":
        make(options.files, options.out)
    check(options.out)


if __name__ == "__main__":
    main()
