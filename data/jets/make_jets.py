#!/usr/bin/env python3
"""W jets and QCD jets under pile-up with a continuous mean mu in 0-60, from Pythia 8 and FastJet.

  pip install pythia8mc==8.317.2 fastjet uproot awkward vector numpy

  python make_jets.py --scratch DIR pool A            # minimum-bias pool A (training)
  python make_jets.py --scratch DIR pool B            # minimum-bias pool B (test)
  python make_jets.py --scratch DIR shard qcd 1       # one shard: SHARD_JETS jets of one class and one seed
  python make_jets.py --scratch DIR finish            # merge the shards there are into the ROOT files
  python make_jets.py check                           # the sanity tables of the README from the files

Everything, on two cores (OMP_NUM_THREADS=1 keeps numpy out of the way):

  for p in A B; do python make_jets.py --scratch DIR pool $p; done
  for n in $(seq 4) 51 52 $(seq 5 32); do echo w $n; echo qcd $n; done |
      xargs -P 2 -L 1 python make_jets.py --scratch DIR shard
  python make_jets.py --scratch DIR finish

Shards 1 to 32 of a class make the flat files <class>_1..4.root (shard s goes to file (s-1) % 4 + 1); shards
51 and 52 keep the constituents and make <class>_particles_1..2.root. README.md describes every branch.

Events:    pp at 13 TeV, Pythia's default tune; HardQCD:all or WeakDoubleBoson:ffbar2WW (both W hadronic),
           pTHat 470-900 GeV.
Pile-up:   mu is uniform in 0-60; npu = Poisson(mu) non-diffractive minimum-bias events are laid over, each
           turned by a random phi and mirrored in z; every third collision takes them from pool B, the others
           from pool A.
Detector:  tracks pT > 0.5 GeV, |eta| < 2.5, 97 % efficient, smeared; photons in 0.025 and neutral hadrons in
           0.1 cells, smeared, cell ET > 0.5 / 1.0 GeV; no neutrinos.
Jets:      anti-kT R = 0.8. The selection, 500 < pT < 700 GeV and |eta| < 1.7 (W: both decay quarks within
           0.8), is on the jet WITHOUT pile-up. The stored jet is the nearest one within 0.4 of it in the
           event with pile-up, where the tracks of pile-up are dropped before the clustering (charged-hadron
           subtraction, CHS) and its neutral cells stay. Its pT is not cut on.
Grooming:  jet_msoftdrop is the standard soft-drop mass (z > 0.1, beta = 0), which hardly knows mu. tau_N,
           C2, D2 and jet_mgroomed are of the jet groomed loosely (z > 0.02, beta = 0), so that they keep a
           mild dependence on mu.
"""

import argparse
import sys
import time
from pathlib import Path

import awkward as ak
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from generation.clustering import anti_kt, cluster, delta_r, holds, mass, only_p4
from generation.detector import by_event, cells, on_shell, tracks
from generation.files import join, trunc, write, write_checksums
from generation.pile_up import picked, turned
from generation.pythia import P4, decay_quarks, pythia, visible
from generation.substructure import correlations, soft_drop, subjettiness
from jet_tables import check

HERE = Path(__file__).resolve().parent
RADIUS, PT_MIN, PT_MAX, ETA_MAX, MATCH = 0.8, 500.0, 700.0, 1.7, 0.4
MU_MAX = 60.0
Z_STANDARD, Z_LOOSE = 0.1, 0.02  # soft drop (beta = 0) of jet_msoftdrop and of all else that is groomed
N_FILES, N_SHARDS, SHARD_JETS = 4, 32, 3250  # flat files a class, shards a class, jets a shard
PARTICLE_SHARDS, PARTICLE_JETS = (51, 52), 1000
POOL_SEEDS, POOL_EVENTS = {"A": 777001, "B": 777002}, 6000
PT_HAT = ["PhaseSpace:pTHatMin=470", "PhaseSpace:pTHatMax=900"]
CLASSES = {  # name: (label, decay quarks to be found in the jet, Pythia settings)
    "qcd": (0, 0, ["HardQCD:all=on", *PT_HAT]),
    "w": (1, 2, ["WeakDoubleBoson:ffbar2WW=on", "24:onMode=off", "24:onIfAny=1 2 3 4 5", *PT_HAT]),
}
ANTI_KT = anti_kt(RADIUS)


def make_pool(name, scratch):
    """Minimum-bias events to lay over: a table of visible particles and the number of them an event."""
    generator, parts = pythia(["SoftQCD:nonDiffractive=on"], POOL_SEEDS[name]), []
    done = 0
    while done < POOL_EVENTS:
        batch = generator.nextBatch(min(500, POOL_EVENTS - done)).prt
        parts.append(visible(batch))
        parts[-1]["ev"] = parts[-1]["ev"] + done
        done += len(batch)
    pool = join(parts)
    p4 = np.stack([pool[k] for k in P4], axis=1).astype("f4")
    count = np.bincount(pool["ev"], minlength=POOL_EVENTS)
    np.savez(scratch / f"pool_{name}.npz", count=count, pid=pool["pid"].astype("i4"), p4=p4)
    print(f"pool {name}: {POOL_EVENTS} events, {len(p4) / POOL_EVENTS:.1f} particles each")


def load_pools(scratch):
    """Both pools behind each other, and the event number where pool B begins."""
    a, b = (dict(np.load(scratch / f"pool_{name}.npz")) for name in "AB")
    return {k: np.concatenate([a[k], b[k]]) for k in a}, len(a["count"])


def overlay(npu, in_b, pools, rng):
    """Particles of npu[i] random pool events for event i, each turned in phi and mirrored in z at random."""
    table, n_a = pools
    of_event = np.repeat(np.arange(len(npu)), npu)
    n_b = len(table["count"]) - n_a
    from_b = in_b[of_event]
    pick = np.where(from_b, n_a + rng.integers(0, n_b, len(of_event)), rng.integers(0, n_a, len(of_event)))
    source, count = picked(table["count"], pick)
    phi = np.repeat(rng.uniform(0, 2 * np.pi, len(pick)), count)
    mirror = np.repeat(rng.choice([-1, 1], len(pick)), count)
    px, py, pz, energy = table["p4"][source].astype("f8").T
    px, py = turned(px, py, phi)
    p4 = {"px": px, "py": py, "pz": mirror * pz, "E": energy}
    return {"ev": np.repeat(of_event, count), "pid": table["pid"][source], **p4}


def select(particles, jets, n_quarks):
    """Which of the (at most two) jets without pile-up pass the selection."""
    ok = (jets.pt > PT_MIN) & (jets.pt < PT_MAX) & (abs(jets.eta) < ETA_MAX)
    return ok & holds(jets, decay_quarks(particles), n_quarks, RADIUS) if n_quarks else ok


def nearest(hard, jets):
    """For every hard jet (one an entry) the place of the nearest jet of its event, -1: none within MATCH."""
    distance = delta_r(jets, hard)
    close = ak.fill_none(ak.min(distance, axis=1) < MATCH, False)
    return ak.to_numpy(ak.where(close, ak.fill_none(ak.argmin(distance, axis=1), 0), -1))


def observables(jets, cons, around):
    """The flat branches of jets with their CHS constituents and all objects around their axis."""
    msd, _ = soft_drop(only_p4(cons), Z_STANDARD, RADIUS)
    loose, groomed = soft_drop(only_p4(cons), Z_LOOSE, RADIUS)
    tau1, tau2, tau3 = subjettiness(groomed, (1, 2, 3), RADIUS)
    c2, d2 = correlations(groomed)
    raw = only_p4(around[delta_r(around, jets) < RADIUS])
    raw1, raw2 = subjettiness(raw, (1, 2), RADIUS)
    flat = {"jet_pt": jets.pt, "jet_eta": jets.eta, "jet_phi": jets.phi, "jet_mass": jets.mass}
    flat |= {"jet_msoftdrop": np.maximum(msd, 0.0), "jet_mgroomed": np.maximum(loose, 0.0)}
    flat |= {"jet_tau1": tau1, "jet_tau2": tau2, "jet_tau3": tau3}
    flat |= {"jet_c2": c2, "jet_d2": d2, "raw_mass": mass(raw), "raw_tau21": raw2 / raw1}
    flat = {k: np.asarray(v, "f8") for k, v in flat.items()}
    flat["jet_nparticles"] = ak.to_numpy(ak.num(cons.px)).astype("i2")
    flat["jet_ntracks"] = ak.to_numpy(ak.sum(cons.charge != 0, axis=1)).astype("i2")
    return flat


def make_batch(particles, first, name, pools, rng):
    """Jets of one batch of collisions: flat branches, constituents, and (selected, matched) counts."""
    n_quarks = CLASSES[name][1]
    hard = visible(particles)
    hard_tracks = tracks(hard, rng)
    jets, _ = cluster(by_event(join([hard_tracks, cells(hard, rng)]), len(particles)), ANTI_KT)
    jets = jets[:, :2]
    ok = select(particles, jets, n_quarks)
    event, rank = np.nonzero(ak.to_numpy(ak.fill_none(ak.pad_none(ok, 2), False)))
    hard_jets = jets[event, rank]

    n = len(particles)
    mu = trunc(rng.uniform(0, MU_MAX, n))
    npu = rng.poisson(mu)
    npu[~np.isin(np.arange(n), event)] = 0  # no pile-up where no jet was selected: it would not be looked at
    in_b = (first + np.arange(n)) % 3 == 2
    extra = overlay(npu, in_b, pools, rng)
    chs = by_event(join([hard_tracks, cells(join([hard, extra]), rng)]), n)
    pile_up_tracks = by_event(tracks(extra, rng), n)

    jets, index = cluster(chs, ANTI_KT)
    place = nearest(hard_jets, jets[event])
    matched = place >= 0
    selected = len(event)
    event, rank, place, hard_jets = event[matched], rank[matched], place[matched], hard_jets[matched]
    cons = chs[event][index[event, place]]
    cons = cons[ak.argsort(cons.pt, ascending=False)]
    around = ak.concatenate([only_p4(chs), only_p4(pile_up_tracks)], axis=1)[event]
    flat = observables(jets[event, place], cons, around)
    flat |= {"hard_pt": np.asarray(hard_jets.pt), "hard_mass": np.asarray(hard_jets.mass)}
    flat |= {"event": 2 * (first + event) + rank, "pool": in_b[event].astype("i1")}
    flat |= {"mu": mu[event], "npu": npu[event].astype("i2")}
    return flat, cons, selected


def shard_path(scratch, name, shard):
    """Where a shard lies until `finish`."""
    return scratch / f"{name}_{shard:02d}.npz"


def make_shard(name, shard, want, scratch):
    """Generate `want` jets of one class with the seed of this shard; some shards keep the constituents."""
    out = shard_path(scratch, name, shard)
    if out.exists():
        print(f"{out.name}: already there")
        return
    label, _, settings = CLASSES[name]
    block = label + 1
    generator, rng = pythia(settings, 1000 * block + shard), np.random.default_rng([block, shard])
    pools, chunks, collisions, got, selected = load_pools(scratch), [], 0, 0, 0
    start = time.process_time()
    while got < want:
        batch = generator.nextBatch(250).prt
        flat, cons, n = make_batch(batch, collisions, name, pools, rng)
        chunks.append((flat, cons if shard in PARTICLE_SHARDS else None))
        collisions, got, selected = collisions + len(batch), got + len(flat["event"]), selected + n
    flat = {k: v[:want] for k, v in join([c[0] for c in chunks]).items()}
    flat["event"] = flat["event"] + 100_000_000 * block + 1_000_000 * shard
    flat["label"] = np.full(want, label, "i1")
    count = {"collisions": collisions, "selected": selected, "matched": got}
    count["cpu"] = time.process_time() - start
    if shard in PARTICLE_SHARDS:
        cons = ak.concatenate([c[1] for c in chunks])[:want]
        flat["part_count"] = ak.to_numpy(ak.num(cons.px))
        flat |= {f"part_{k}": ak.to_numpy(ak.flatten(cons[k])) for k in ("px", "py", "pz", "charge", "pdgid")}
    part = out.with_suffix(".tmp.npz")
    np.savez(part, **flat, **{f"count_{k}": v for k, v in count.items()})
    part.replace(out)
    print(f"{out.name}: {got} jets, {collisions} collisions, {count['cpu']:.0f} s CPU", flush=True)


def fit_weights(hard_pt):
    """Weights, as a function per class, that give the W jets the hard_pt spectrum of the QCD jets.

    The logarithm of the ratio of the normalised spectra in 20 bins of 10 GeV is fitted with a cubic
    polynomial; QCD jets keep weight 1, W jets take the exponential of the fit, scaled to a mean of 1.
    """
    edges = np.linspace(PT_MIN, PT_MAX, 21)
    n_qcd, n_w = (np.histogram(hard_pt[k], edges)[0].astype("f8") for k in ("qcd", "w"))
    y = np.log(n_qcd / n_qcd.sum()) - np.log(n_w / n_w.sum())
    centre = (edges[1:] + edges[:-1]) / 2 - 600.0
    poly = np.polynomial.Polynomial.fit(centre, y, 3, w=1 / np.sqrt(1 / n_qcd + 1 / n_w))
    scale = np.mean(np.exp(poly(hard_pt["w"] - 600.0)))
    return {"qcd": np.ones_like, "w": lambda pt: np.exp(poly(pt - 600.0)) / scale}


def branches(flat, weight):
    """The branches of a file in their order and type from the arrays of its shards."""
    n = len(flat["event"])
    collision, rank = np.divmod(flat["event"], 2)  # the shards number jets, two a collision
    out = {"event": collision.astype("i8"), "run": np.ones(n, "i4"), "jet_rank": rank.astype("i1")}
    out |= {"pool": flat["pool"]}
    out |= {"mu": trunc(flat["mu"]), "npu": flat["npu"]}
    names = ["pt", "eta", "phi", "mass", "msoftdrop", "mgroomed", "tau1", "tau2", "tau3", "c2", "d2"]
    out |= {f"jet_{k}": trunc(flat[f"jet_{k}"]) for k in names}
    out |= {"jet_nparticles": flat["jet_nparticles"], "jet_ntracks": flat["jet_ntracks"]}
    out |= {k: trunc(flat[k]) for k in ("raw_mass", "raw_tau21", "hard_pt", "hard_mass")}
    return out | {"weight": trunc(weight(flat["hard_pt"])), "label": flat["label"]}


def constituents(flat):
    """Jagged branches part_* from the arrays of a shard."""
    names = ("px", "py", "pz", "charge", "pdgid")
    return on_shell(ak.zip({k: ak.unflatten(flat[f"part_{k}"], flat["part_count"]) for k in names}))


def load_shards(scratch, name, shards):
    """The arrays of those shards that are there."""
    return [dict(np.load(p)) for s in shards if (p := shard_path(scratch, name, s)).exists()]


def finish(scratch, out):
    """Merge the shards that are there into the ROOT files and write their checksums."""
    files = range(1, N_FILES + 1)
    flat = {c: [load_shards(scratch, c, range(f, N_SHARDS + 1, N_FILES)) for f in files] for c in CLASSES}
    hard_pt = {c: np.concatenate([s["hard_pt"] for shards in flat[c] for s in shards]) for c in CLASSES}
    weights = fit_weights(hard_pt)
    for name in CLASSES:
        everything = [s for shards in flat[name] for s in shards]
        for i, shards in enumerate(flat[name], start=1):
            write(out / f"{name}_{i}.root", branches(join(shards), weights[name]), 13000)
        for i, shard in enumerate(PARTICLE_SHARDS, start=1):
            for one in load_shards(scratch, name, [shard]):
                tree = {**branches(one, weights[name]), "part": constituents(one)}
                write(out / f"{name}_particles_{i}.root", tree, 500)
                everything.append(one)
        keys = ("collisions", "selected", "matched", "cpu")
        count = {k: sum(float(s[f"count_{k}"]) for s in everything) for k in keys}
        print(f"{name}: " + ", ".join(f"{v:.0f} {k}" for k, v in count.items()))
    write_checksums(out)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="W and QCD jets under pile-up; see the docstring.")
    parser.add_argument("--scratch", type=Path, default=Path("jets_scratch"), help="for pools and shards")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the ROOT files")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("pool").add_argument("name", choices=POOL_SEEDS)
    shard = commands.add_parser("shard")
    shard.add_argument("name", choices=CLASSES)
    shard.add_argument("number", type=int)
    shard.add_argument("--jets", type=int, help=f"default {SHARD_JETS}, with constituents {PARTICLE_JETS}")
    commands.add_parser("finish")
    commands.add_parser("check")
    args = parser.parse_args()
    if args.command in ("pool", "shard"):
        args.scratch.mkdir(parents=True, exist_ok=True)
    if args.command == "pool":
        make_pool(args.name, args.scratch)
    elif args.command == "shard":
        default = PARTICLE_JETS if args.number in PARTICLE_SHARDS else SHARD_JETS
        make_shard(args.name, args.number, args.jets or default, args.scratch)
    elif args.command == "finish":
        finish(args.scratch, args.out)
    else:
        check(args.out)


if __name__ == "__main__":
    main()
