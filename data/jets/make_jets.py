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
import hashlib
import time
from pathlib import Path

import awkward as ak
import fastjet
import numpy as np
import uproot
import vector

vector.register_awkward()

HERE = Path(__file__).resolve().parent
RADIUS, PT_MIN, PT_MAX, ETA_MAX, MATCH = 0.8, 500.0, 700.0, 1.7, 0.4
MU_MAX = 60.0
Z_STANDARD, Z_LOOSE = 0.1, 0.02  # soft drop (beta = 0) of jet_msoftdrop and of all else that is groomed
TAU_FLOOR = 1e-4  # a groomed jet of N constituents has tau_N = 0: floored, so that ratios are finite
MAX_CORRELATED = 80  # hardest groomed constituents that enter the energy correlation functions
N_FILES, N_SHARDS, SHARD_JETS = 4, 32, 3250  # flat files a class, shards a class, jets a shard
PARTICLE_SHARDS, PARTICLE_JETS = (51, 52), 1000
POOL_SEEDS, POOL_EVENTS = {"A": 777001, "B": 777002}, 6000
PT_HAT = ["PhaseSpace:pTHatMin=470", "PhaseSpace:pTHatMax=900"]
CLASSES = {  # name: (label, decay quarks to be found in the jet, Pythia settings)
    "qcd": (0, 0, ["HardQCD:all=on", *PT_HAT]),
    "w": (1, 2, ["WeakDoubleBoson:ffbar2WW=on", "24:onMode=off", "24:onIfAny=1 2 3 4 5", *PT_HAT]),
}
CHARGED = np.array([11, 13, 211, 321, 2212, 3112, 3222, 3312, 3334])  # |pdg id| of stable charged particles
NEGATIVE = np.array([11, 13, -211, -321, -2212, 3112, -3222, 3312, 3334])
P4 = ("px", "py", "pz", "E")
ANTI_KT = fastjet.JetDefinition(fastjet.antikt_algorithm, RADIUS)
KT = fastjet.JetDefinition(fastjet.kt_algorithm, 10.0)
CAMBRIDGE = fastjet.JetDefinition(fastjet.cambridge_algorithm, 10.0)


# --- Pythia ---------------------------------------------------------------------------------------


def pythia(settings, seed):
    """A Pythia generator, ready to run."""
    import pythia8mc  # only needed to generate: `finish` and `check` run without it

    generator = pythia8mc.Pythia("", False)
    common = ["Print:quiet=on", "Beams:eCM=13000", "Random:setSeed=on", f"Random:seed={seed}"]
    for line in [*common, *settings]:
        if not generator.readString(line):
            raise ValueError(f"Pythia does not know the setting {line!r}")
    if not generator.init():
        raise RuntimeError("Pythia could not be initialised")
    return generator


def visible(particles):
    """Final visible particles with pT > 0.3 GeV and |eta| < 2.6 as flat arrays: ev, pid, px, py, pz, E."""
    flat = {"ev": np.repeat(np.arange(len(particles)), ak.to_numpy(ak.num(particles.id)))}
    flat["pid"] = ak.to_numpy(ak.flatten(particles.id))
    keep = (ak.to_numpy(ak.flatten(particles.status)) > 0) & ~np.isin(np.abs(flat["pid"]), (12, 14, 16))
    flat = {k: v[keep] for k, v in flat.items()}
    for ours, theirs in zip(P4, ("px", "py", "pz", "e"), strict=True):
        flat[ours] = ak.to_numpy(ak.flatten(particles.p[theirs]))[keep]
    pt = np.hypot(flat["px"], flat["py"])
    keep = (pt > 0.3) & (np.abs(flat["pz"]) < np.sinh(2.6) * pt)
    return {k: v[keep] for k, v in flat.items()}


def decay_quarks(particles):
    """The outgoing quarks of the hard process or of the decay of its resonances (status 23)."""
    p = particles[(abs(particles.status) == 23) & (abs(particles.id) <= 5)].p
    return ak.zip({"px": p.px, "py": p.py, "pz": p.pz, "E": p.e}, with_name="Momentum4D")


# --- Pile-up --------------------------------------------------------------------------------------


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
    first = np.cumsum(table["count"]) - table["count"]
    count = table["count"][pick]
    source = np.repeat(first[pick] - np.cumsum(count) + count, count) + np.arange(count.sum())
    phi = np.repeat(rng.uniform(0, 2 * np.pi, len(pick)), count)
    mirror = np.repeat(rng.choice([-1, 1], len(pick)), count)
    px, py, pz, energy = table["p4"][source].astype("f8").T
    cos, sin = np.cos(phi), np.sin(phi)
    turned = {"px": cos * px - sin * py, "py": sin * px + cos * py, "pz": mirror * pz, "E": energy}
    return {"ev": np.repeat(of_event, count), "pid": table["pid"][source], **turned}


# --- Detector -------------------------------------------------------------------------------------


def angles(p):
    """pT, pseudorapidity and azimuth of flat particles."""
    pt = np.hypot(p["px"], p["py"])
    return pt, np.arcsinh(p["pz"] / pt), np.arctan2(p["py"], p["px"])


def tracks(p, rng):
    """Charged particles as the tracker sees them: pions, electrons and muons with a smeared momentum."""
    pt, eta, _ = angles(p)
    seen = np.isin(np.abs(p["pid"]), CHARGED) & (pt > 0.5) & (np.abs(eta) < 2.5)
    seen &= rng.random(len(pt)) < 0.97
    p = {k: v[seen] for k, v in p.items()}
    pt, eta, phi = angles(p)
    n = len(pt)
    pt = pt * np.maximum(1 + rng.normal(size=n) * np.hypot(0.01, 2e-4 * pt), 0.1)
    eta, phi = eta + rng.normal(0, 1e-3, n), phi + rng.normal(0, 1e-3, n)
    kind = np.where(np.isin(np.abs(p["pid"]), (11, 13)), np.abs(p["pid"]), 211)
    charge = np.where(np.isin(p["pid"], NEGATIVE), -1, 1)
    out = {"ev": p["ev"], "px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta)}
    out["E"] = np.sqrt((pt * np.cosh(eta)) ** 2 + track_mass(kind) ** 2)
    return {**out, "charge": charge, "pdgid": np.where(kind == 211, charge, -charge) * kind}


def track_mass(kind):
    """Mass in GeV for |pdg id|: pion, muon, electron; 0 for the neutral ones, which are cells."""
    return np.select([kind == 211, kind == 13, kind == 11], [0.13957, 0.10566, 0.000511], 0.0)


def cells(p, rng):
    """Neutral particles as the calorimeters see them: the smeared energy of every cell above threshold."""
    _, eta, phi = angles(p)
    neutral = ~np.isin(np.abs(p["pid"]), CHARGED) & (np.abs(eta) < 2.5)
    photon = p["pid"] == 22
    out = []
    for sel, size, stochastic, constant, threshold, code in (
        (neutral & photon, 0.025, 0.10, 0.01, 0.5, 22),
        (neutral & ~photon, 0.1, 0.80, 0.05, 1.0, 130),
    ):
        n_eta, n_phi = int(np.ceil(5.0 / size)), round(2 * np.pi / size)
        width = 2 * np.pi / n_phi
        i_eta = np.floor((eta[sel] + 2.5) / size).astype("i8")
        i_phi = np.floor((phi[sel] + np.pi) / width).astype("i8") % n_phi
        key, which = np.unique((p["ev"][sel] * n_eta + i_eta) * n_phi + i_phi, return_inverse=True)
        energy = np.bincount(which, p["E"][sel], len(key))
        resolution = np.hypot(stochastic * np.sqrt(energy), constant * energy)
        energy = energy + rng.normal(size=len(key)) * resolution
        eta_c = -2.5 + (key // n_phi % n_eta + 0.5) * size
        phi_c = -np.pi + (key % n_phi + 0.5) * width
        pt = energy / np.cosh(eta_c)
        cell = {"ev": key // n_phi // n_eta, "px": pt * np.cos(phi_c), "py": pt * np.sin(phi_c)}
        cell |= {"pz": pt * np.sinh(eta_c), "E": energy}
        cell |= {"charge": np.zeros(len(key), "i8"), "pdgid": np.full(len(key), code)}
        out.append({k: v[pt > threshold] for k, v in cell.items()})
    return join(out)


def join(parts):
    """Flat tables behind each other."""
    return {k: np.concatenate([part[k] for part in parts]) for k in parts[0] if np.ndim(parts[0][k])}


def by_event(flat, n_events):
    """A flat table as an awkward array, one list an event."""
    order = np.argsort(flat["ev"], kind="stable")
    count = np.bincount(flat["ev"], minlength=n_events)
    fields = {k: ak.unflatten(v[order], count) for k, v in flat.items() if k != "ev"}
    return ak.zip(fields, with_name="Momentum4D")


# --- Jets -----------------------------------------------------------------------------------------


def only_p4(array):
    """The four-momentum alone: FastJet takes no further fields."""
    return ak.zip({k: array[k] for k in P4}, with_name="Momentum4D")


def delta_r(a, b):
    """Distance in pseudorapidity and azimuth."""
    d_phi = abs(a.phi - b.phi)
    d_phi = ak.where(d_phi > np.pi, 2 * np.pi - d_phi, d_phi)
    return np.sqrt((a.eta - b.eta) ** 2 + d_phi**2)


def cluster(objects, pt_min=200.0):
    """Anti-kT jets of every event, the hardest first, and the indices of their constituents."""
    sequence = fastjet.ClusterSequence(only_p4(objects), ANTI_KT)
    jets, index = only_p4(sequence.inclusive_jets(min_pt=pt_min)), sequence.constituent_index(min_pt=pt_min)
    order = ak.argsort(jets.pt, ascending=False)
    return jets[order], index[order]


def select(particles, jets, n_quarks):
    """Which of the (at most two) jets without pile-up pass the selection."""
    ok = (jets.pt > PT_MIN) & (jets.pt < PT_MAX) & (abs(jets.eta) < ETA_MAX)
    if n_quarks:
        pair = ak.cartesian({"jet": jets, "quark": decay_quarks(particles)}, axis=1, nested=True)
        ok = ok & (ak.sum(delta_r(pair.jet, pair.quark) < RADIUS, axis=2) >= n_quarks)
    return ok


def nearest(hard, jets):
    """For every hard jet (one an entry) the place of the nearest jet of its event, -1: none within MATCH."""
    distance = delta_r(jets, hard)
    close = ak.fill_none(ak.min(distance, axis=1) < MATCH, False)
    return ak.to_numpy(ak.where(close, ak.fill_none(ak.argmin(distance, axis=1), 0), -1))


# --- Substructure ---------------------------------------------------------------------------------


def padded(p4, limit=None):
    """pT, rapidity and azimuth of jagged constituents as [jets, n] arrays, pT 0 where there is none."""
    n = min(int(ak.max(ak.num(p4), initial=1)), limit or 10**9)
    px, py, pz, e = (ak.to_numpy(ak.fill_none(ak.pad_none(p4[k], n, clip=True), 0.0)) for k in P4)
    real = e > 0
    rapidity = 0.5 * np.log(np.where(real, e + pz, 1.0) / np.where(real, np.maximum(e - pz, 1e-9), 1.0))
    return np.hypot(px, py), rapidity, np.arctan2(py, px)


def distances(a, b):
    """Distance in rapidity and azimuth of all pairs [jets, n, m] of two padded sets."""
    d_phi = np.abs(a[2][:, :, None] - b[2][:, None, :])
    d_phi = np.minimum(d_phi, 2 * np.pi - d_phi)
    return np.hypot(a[1][:, :, None] - b[1][:, None, :], d_phi)


def subjettiness(p4, orders):
    """N-subjettiness tau_N (beta = 1) along the axes of the exclusive kT jets, floored at TAU_FLOOR."""
    sequence, cons, taus = fastjet.ClusterSequence(p4, KT), padded(p4), []
    for n in orders:
        axes = padded(sequence.exclusive_jets_up_to(n_jets=n))
        far = np.where(axes[0][:, None, :] > 0, distances(cons, axes), np.inf)
        tau = np.sum(cons[0] * far.min(axis=2), axis=1) / (RADIUS * cons[0].sum(axis=1))
        taus.append(np.maximum(tau, TAU_FLOOR))
    return taus


def correlations(p4):
    """C2 = e3/e2^2 and D2 = e3/e2^3 (beta = 1) of the MAX_CORRELATED hardest constituents; 0 where e2 is 0.

    With M_ij = sqrt(z_i z_j) R_ij the sum over triples z_i z_j z_k R_ij R_jk R_ik is trace(M^3) / 6.
    """
    cons = padded(p4[ak.argsort(p4.pt, ascending=False)], MAX_CORRELATED)
    z = cons[0] / cons[0].sum(axis=1, keepdims=True)
    r = distances(cons, cons)
    e2 = 0.5 * np.einsum("ni,nij,nj->n", z, r, z, optimize=True)
    m = np.sqrt(z[:, :, None] * z[:, None, :]) * r
    e3 = np.sum((m @ m) * m, axis=(1, 2)) / 6
    safe = np.where(e2 > 1e-7, e2, np.inf)
    return e3 / safe**2, e3 / safe**3


def soft_drop(p4, z):
    """Soft-drop mass and constituents of the groomed jets (beta = 0)."""
    sequence = fastjet.ClusterSequence(p4, CAMBRIDGE)
    groomed = sequence.exclusive_jets_softdrop_grooming(njets=1, beta=0.0, symmetry_cut=z, R0=RADIUS)
    return ak.to_numpy(groomed.msoftdrop), only_p4(groomed.constituents)


def mass(p4):
    """Mass of the sum of jagged constituents."""
    px, py, pz, e = (ak.to_numpy(ak.sum(p4[k], axis=1)) for k in P4)
    return np.sqrt(np.maximum(e**2 - px**2 - py**2 - pz**2, 0.0))


def observables(jets, cons, around):
    """The flat branches of jets with their CHS constituents and all objects around their axis."""
    msd, _ = soft_drop(only_p4(cons), Z_STANDARD)
    loose, groomed = soft_drop(only_p4(cons), Z_LOOSE)
    tau1, tau2, tau3 = subjettiness(groomed, (1, 2, 3))
    c2, d2 = correlations(groomed)
    raw = only_p4(around[delta_r(around, jets) < RADIUS])
    raw1, raw2 = subjettiness(raw, (1, 2))
    flat = {"jet_pt": jets.pt, "jet_eta": jets.eta, "jet_phi": jets.phi, "jet_mass": jets.mass}
    flat |= {"jet_msoftdrop": np.maximum(msd, 0.0), "jet_mgroomed": np.maximum(loose, 0.0)}
    flat |= {"jet_tau1": tau1, "jet_tau2": tau2, "jet_tau3": tau3}
    flat |= {"jet_c2": c2, "jet_d2": d2, "raw_mass": mass(raw), "raw_tau21": raw2 / raw1}
    flat = {k: np.asarray(v, "f8") for k, v in flat.items()}
    flat["jet_nparticles"] = ak.to_numpy(ak.num(cons.px)).astype("i2")
    flat["jet_ntracks"] = ak.to_numpy(ak.sum(cons.charge != 0, axis=1)).astype("i2")
    return flat


# --- One shard ------------------------------------------------------------------------------------


def make_batch(particles, first, name, pools, rng):
    """Jets of one batch of collisions: flat branches, constituents, and (selected, matched) counts."""
    n_quarks = CLASSES[name][1]
    hard = visible(particles)
    hard_tracks = tracks(hard, rng)
    jets, _ = cluster(by_event(join([hard_tracks, cells(hard, rng)]), len(particles)))
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

    jets, index = cluster(chs)
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


# --- Finish ---------------------------------------------------------------------------------------


def trunc(array, bits=12):
    """float32 with `bits` bits of mantissa kept, rounded: compresses twice as well."""
    array = np.asarray(array, "f4")
    mask, half = np.uint32((0xFFFFFFFF << (23 - bits)) & 0xFFFFFFFF), np.uint32(1 << (22 - bits))
    return ((array.view("u4") + half) & mask).view("f4")


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
    names = "pt eta phi mass msoftdrop mgroomed tau1 tau2 tau3 c2 d2".split()
    out |= {f"jet_{k}": trunc(flat[f"jet_{k}"]) for k in names}
    out |= {"jet_nparticles": flat["jet_nparticles"], "jet_ntracks": flat["jet_ntracks"]}
    out |= {k: trunc(flat[k]) for k in ("raw_mass", "raw_tau21", "hard_pt", "hard_mass")}
    return out | {"weight": trunc(weight(flat["hard_pt"])), "label": flat["label"]}


def constituents(flat):
    """Jagged branches part_*: momenta with 12 bits of mantissa, the energy put back on shell after that."""
    p = {k: trunc(flat[f"part_{k}"]) for k in ("px", "py", "pz")}
    p2 = sum(v.astype("f8") ** 2 for v in p.values())
    p["energy"] = np.sqrt(p2 + track_mass(np.abs(flat["part_pdgid"])) ** 2).astype("f4")
    p |= {"charge": flat["part_charge"].astype("i1"), "pdgid": flat["part_pdgid"].astype("i2")}
    return ak.zip({k: ak.unflatten(v, flat["part_count"]) for k, v in p.items()})


def write(path, tree, basket):
    """Write the TTree `jets` into a temporary file and move it into place."""
    part = path.with_name(f".{path.name}.tmp")
    with uproot.recreate(part, compression=uproot.ZLIB(9)) as file:
        file.mktree("jets", {k: ak.type(v).content if k == "part" else v.dtype for k, v in tree.items()})
        for i in range(0, len(tree["event"]), basket):
            file["jets"].extend({k: v[i : i + basket] for k, v in tree.items()})
    part.replace(path)


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
    paths = sorted(out.glob("*.root"))
    sums = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in paths)
    (out / "SHA256SUMS").write_text(sums)
    print(f"{len(paths)} files, {sum(p.stat().st_size for p in paths) / 1e6:.1f} MB")


# --- Check ----------------------------------------------------------------------------------------


def auc(background, signal, w_background=None, w_signal=None):
    """Area under the ROC curve for one number a jet, with weights; values below 0.5 are allowed."""
    x = np.concatenate([background, signal])
    w0 = np.ones(len(background)) if w_background is None else w_background
    w1 = np.ones(len(signal)) if w_signal is None else w_signal
    value, which = np.unique(x, return_inverse=True)
    b = np.bincount(which[: len(background)], w0, len(value))
    s = np.bincount(which[len(background) :], w1, len(value))
    return float(np.sum(s * (np.cumsum(b) - b / 2)) / b.sum() / s.sum())


def check(out):
    """Print the sanity tables of the README and stop at the first broken promise."""
    data, events = {}, []
    for name in CLASSES:
        parts = [uproot.open(p)["jets"].arrays(library="np") for p in sorted(out.glob(f"{name}_[0-9].root"))]
        data[name] = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
        events.append(2 * data[name]["event"] + data[name]["jet_rank"])
        for path in sorted(out.glob(f"{name}_particles_*.root")):
            events.append(check_particles(path))
        bad = [k for k, v in data[name].items() if not np.all(np.isfinite(v))]
        if bad:
            raise ValueError(f"{name}: not finite: {bad}")
    events = np.concatenate(events)
    if len(np.unique(events)) != len(events):
        raise ValueError("an event number occurs twice")
    for d in data.values():
        d["tau21"] = d["jet_tau2"] / d["jet_tau1"]
        d["tau32"] = d["jet_tau3"] / d["jet_tau2"]
    print_tables(data["qcd"], data["w"])


def check_particles(path):
    """Numbers of the jets of a file with constituents, after a look at their sum and order."""
    a = uproot.open(path)["jets"].arrays()
    fields = {k: ak.values_astype(a[f"part_{k.replace('E', 'energy')}"], "f8") for k in P4}
    p = ak.zip(fields, with_name="Momentum4D")
    off = np.max(np.abs(mass(p) - ak.to_numpy(a.jet_mass)))
    ordered = ak.all(p.pt[:, 1:] <= p.pt[:, :-1] * 1.001)
    if off > 0.3 or not ordered or not ak.all(ak.num(p.px) == a.jet_nparticles):
        raise ValueError(f"{path.name}: the constituents do not make the jet")
    n = ak.mean(ak.num(p.px))
    print(f"{path.name}: {len(a)} jets, {n:.1f} constituents, the mass of their sum within {off:.2f} GeV")
    return ak.to_numpy(2 * a.event + a.jet_rank)


def print_summary(name, d):
    """One line of counts and means of a class."""
    window = (d["jet_msoftdrop"] > 65) & (d["jet_msoftdrop"] < 105)
    names = ("hard_mass", "jet_mass", "jet_msoftdrop", "jet_mgroomed", "raw_mass")
    medians = {k: np.median(d[k]) for k in names}
    print(
        f"{name}: {len(window)} jets, {d['pool'].mean():.3f} of them in pool B; "
        f"mean hard_pt {d['hard_pt'].mean():.2f}, "
        f"weighted {np.average(d['hard_pt'], weights=d['weight']):.2f}; "
        f"weight {d['weight'].min():.3f} to {d['weight'].max():.3f}, mean {d['weight'].mean():.4f}; medians "
        + ", ".join(f"{k} {v:.1f}" for k, v in medians.items())
        + f"; in 65 < jet_msoftdrop < 105: {window.mean():.3f}; "
        f"tau1 at its floor {np.mean(d['jet_tau1'] < 1.01 * TAU_FLOOR):.5f}"
    )


def print_tables(qcd, w):
    """Counts, dependence on mu, and separation of every observable, as markdown."""
    print_summary("QCD", qcd)
    print_summary("W", w)
    print("\n| observable | mean QCD mu < 10 | mu > 50 | mean W mu < 10 | mu > 50", end="")
    print(" | AUC of mu, QCD | of mu, W | AUC W / QCD | at mu < 10 | at mu > 50 |\n" + "|---" * 10 + "|")
    names = "jet_msoftdrop jet_mgroomed tau21 tau32 jet_tau1 jet_tau2 jet_tau3 jet_c2 jet_d2 jet_mass".split()
    names += "jet_nparticles jet_ntracks jet_pt raw_mass raw_tau21 hard_mass hard_pt".split()
    q_low, q_high, w_low, w_high = qcd["mu"] < 10, qcd["mu"] > 50, w["mu"] < 10, w["mu"] > 50
    for k in names:
        q, s = qcd[k], w[k]
        means = [q[q_low].mean(), q[q_high].mean(), s[w_low].mean(), s[w_high].mean()]
        areas = [auc(q[q_low], q[q_high]), auc(s[w_low], s[w_high])]
        for m, n in ((slice(None), slice(None)), (q_low, w_low), (q_high, w_high)):
            areas.append(auc(q[m], s[n], qcd["weight"][m], w["weight"][n]))
        cells_ = [f"{v:.4g}" for v in means] + [f"{v:.3f}" for v in areas]
        print(f"| {k} | " + " | ".join(cells_) + " |")


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
