"""Pythia 8: generators, and final particles as arrays."""

import awkward as ak
import numpy as np
import vector

vector.register_awkward()

P4 = ("px", "py", "pz", "E")
NEUTRINOS = (12, 14, 16)


def pythia(settings, seed, energy=13000):
    """A Pythia generator of proton-proton collisions at `energy` GeV, ready to run."""
    import pythia8mc  # only needed to generate: files are finished and checked without it

    generator = pythia8mc.Pythia("", False)
    common = ["Print:quiet=on", f"Beams:eCM={energy}", "Random:setSeed=on", f"Random:seed={seed}"]
    for line in [*common, *settings]:
        if not generator.readString(line):
            raise ValueError(f"Pythia does not know the setting {line!r}")
    if not generator.init():
        raise RuntimeError("Pythia could not be initialised")
    return generator


def momenta(particles, **fields):
    """Four-momenta of jagged Pythia particles, as FastJet takes them, with more fields beside them."""
    p = particles.p
    return ak.zip({"px": p.px, "py": p.py, "pz": p.pz, "E": p.e, **fields}, with_name="Momentum4D")


def final(particles):
    """All final particles but neutrinos as jagged four-momenta with their `pdgid`."""
    size = abs(particles.id)
    unseen = (size == NEUTRINOS[0]) | (size == NEUTRINOS[1]) | (size == NEUTRINOS[2])
    kept = particles[(particles.status > 0) & ~unseen]
    return momenta(kept, pdgid=kept.id)


def visible(particles, **fields):
    """Final visible particles with pT > 0.3 GeV and |eta| < 2.6 as flat arrays: ev, pid, px, py, pz, E, fields."""
    flat = {"ev": np.repeat(np.arange(len(particles)), ak.to_numpy(ak.num(particles.id)))}
    flat["pid"] = ak.to_numpy(ak.flatten(particles.id))
    flat |= {k: ak.to_numpy(ak.flatten(v)) for k, v in fields.items()}
    keep = (ak.to_numpy(ak.flatten(particles.status)) > 0) & ~np.isin(np.abs(flat["pid"]), NEUTRINOS)
    flat = {k: v[keep] for k, v in flat.items()}
    for ours, theirs in zip(P4, ("px", "py", "pz", "e"), strict=True):
        flat[ours] = ak.to_numpy(ak.flatten(particles.p[theirs]))[keep]
    pt = np.hypot(flat["px"], flat["py"])
    keep = (pt > 0.3) & (np.abs(flat["pz"]) < np.sinh(2.6) * pt)
    return {k: v[keep] for k, v in flat.items()}


def decay_quarks(particles):
    """The outgoing quarks of the hard process or of the decay of its resonances (status 23)."""
    return momenta(particles[(abs(particles.status) == 23) & (abs(particles.id) <= 5)])
