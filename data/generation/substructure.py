"""Substructure of jets given by their jagged constituents."""

import awkward as ak
import fastjet
import numpy as np

from generation.clustering import only_p4
from generation.pythia import P4

TAU_FLOOR = 1e-4  # a jet of N constituents has tau_N = 0: floored, so that ratios are finite
MAX_CORRELATED = 80  # hardest constituents that enter the energy correlation functions
KT = fastjet.JetDefinition(fastjet.kt_algorithm, 10.0)
CAMBRIDGE = fastjet.JetDefinition(fastjet.cambridge_algorithm, 10.0)


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


def subjettiness(p4, orders, radius):
    """N-subjettiness tau_N (beta = 1) along the axes of the exclusive kT jets, floored at TAU_FLOOR."""
    sequence, cons, taus = fastjet.ClusterSequence(p4, KT), padded(p4), []
    for n in orders:
        axes = padded(sequence.exclusive_jets_up_to(n_jets=n))
        far = np.where(axes[0][:, None, :] > 0, distances(cons, axes), np.inf)
        tau = np.sum(cons[0] * far.min(axis=2), axis=1) / (radius * cons[0].sum(axis=1))
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


def soft_drop(p4, z, radius):
    """Soft-drop mass and constituents of the groomed jets (beta = 0)."""
    sequence = fastjet.ClusterSequence(p4, CAMBRIDGE)
    groomed = sequence.exclusive_jets_softdrop_grooming(njets=1, beta=0.0, symmetry_cut=z, R0=radius)
    return ak.to_numpy(groomed.msoftdrop), only_p4(groomed.constituents)
