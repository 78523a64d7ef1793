"""A light detector: tracks and calorimeter cells of flat particles."""

import awkward as ak
import numpy as np

from generation.files import jagged, join, trunc

CHARGED = np.array([11, 13, 211, 321, 2212, 3112, 3222, 3312, 3334])  # |pdg id| of stable charged particles
NEGATIVE = np.array([11, 13, -211, -321, -2212, 3112, -3222, 3312, 3334])


def angles(p):
    """pT, pseudorapidity and azimuth of flat particles."""
    pt = np.hypot(p["px"], p["py"])
    return pt, np.arcsinh(p["pz"] / pt), np.arctan2(p["py"], p["px"])


def tracks(p, rng):
    """Charged particles as the tracker sees them: pions, electrons and muons with a smeared momentum.

    Whatever else is known of the particles goes with them.
    """
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
    out = {k: v for k, v in p.items() if k != "pid"}
    out |= {"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta)}
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


def by_event(flat, n_events):
    """A flat table as an awkward array, one list an event."""
    order = np.argsort(flat["ev"], kind="stable")
    count = np.bincount(flat["ev"], minlength=n_events)
    fields = {k: ak.unflatten(v[order], count) for k, v in flat.items() if k != "ev"}
    return ak.zip(fields, with_name="Momentum4D")


def on_shell(constituents):
    """Branches part_*: momenta with 12 bits of mantissa, the energy put back on shell after that.

    Rounding the energy too would move the mass of a light jet by GeV.
    """
    p = {k: jagged(constituents[k], trunc) for k in ("px", "py", "pz")}
    kind = abs(ak.values_astype(constituents.pdgid, "i8"))
    m = jagged(kind, track_mass)
    p["energy"] = ak.values_astype(np.sqrt(sum(ak.values_astype(v, "f8") ** 2 for v in p.values()) + m**2), "f4")
    p["charge"] = ak.values_astype(constituents.charge, "i1")
    p["pdgid"] = ak.values_astype(constituents.pdgid, "i2")
    return ak.zip(p)
