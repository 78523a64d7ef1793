"""Jets of jagged four-momenta, with FastJet."""

import awkward as ak
import fastjet
import numpy as np

from generation.pythia import P4


def anti_kt(radius):
    """The anti-kT algorithm."""
    return fastjet.JetDefinition(fastjet.antikt_algorithm, radius)


def only_p4(array):
    """The four-momentum alone: FastJet takes no further fields."""
    return ak.zip({k: array[k] for k in P4}, with_name="Momentum4D")


def delta_r(a, b):
    """Distance in pseudorapidity and azimuth."""
    d_phi = abs(a.phi - b.phi)
    d_phi = ak.where(d_phi > np.pi, 2 * np.pi - d_phi, d_phi)
    return np.sqrt((a.eta - b.eta) ** 2 + d_phi**2)


def holds(jets, quarks, number, radius):
    """Which jets have at least so many of the quarks of their event within a radius."""
    pair = ak.cartesian({"jet": jets, "quark": quarks}, axis=1, nested=True)
    return ak.sum(delta_r(pair.jet, pair.quark) < radius, axis=2) >= number


def cluster(objects, definition, pt_min=200.0):
    """Jets of every event above pt_min GeV, the hardest first, and the indices of their constituents."""
    sequence = fastjet.ClusterSequence(only_p4(objects), definition)
    jets, index = only_p4(sequence.inclusive_jets(min_pt=pt_min)), sequence.constituent_index(min_pt=pt_min)
    order = ak.argsort(jets.pt, ascending=False)
    return jets[order], index[order]


def mass(p4):
    """Mass of the sum of jagged constituents."""
    px, py, pz, e = (ak.to_numpy(ak.sum(p4[k], axis=1)) for k in P4)
    return np.sqrt(np.maximum(e**2 - px**2 - py**2 - pz**2, 0.0))


def need_constituents(a, name):
    """How far the mass of the constituents is off that of the jets of a file, in GeV.

    Raises ValueError when they do not make the jet, or are not in the order of pT.
    """
    p = ak.zip({k: ak.values_astype(a[f"part_{k.replace('E', 'energy')}"], "f8") for k in P4}, with_name="Momentum4D")
    off = np.max(np.abs(mass(p) - ak.to_numpy(a.jet_mass)))
    ordered = ak.all(p.pt[:, 1:] <= p.pt[:, :-1] * 1.001)
    if off > 0.3 or not ordered or not ak.all(ak.num(p.px) == a.jet_nparticles):
        raise ValueError(f"{name}: the constituents do not make the jet (mass off by {off:.3f} GeV)")
    return off
