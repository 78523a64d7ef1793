"""Impact parameters: how far from the primary vertex tracks pass, and with which sign as seen from a jet.

Lengths are in mm, momenta in GeV. Tracks are straight lines near the beam: at 2 T a track of 1 GeV that starts 5 mm
away is off by r² / 2R = 7 µm then.
"""

import numpy as np


def closest(x, y, z, px, py, pz):
    """Transverse impact parameter d0, and the longitudinal one at that point times sin θ, of lines through (x, y, z).

    d0 is along (−sin φ, cos φ), so its sign depends on the side on which the line passes the beam.
    """
    pt = np.hypot(px, py)
    cos, sin = px / pt, py / pt
    z0 = z - (x * cos + y * sin) * pz / pt
    return y * cos - x * sin, z0 * pt / np.hypot(pt, pz)


def resolution(pt, constant, scattering):
    """Constant and multiple-scattering term added in quadrature, in mm."""
    return np.hypot(constant, scattering / pt)


def lifetime_signs(phi, eta, jet_phi, jet_eta):
    """Factors that make d0 and z0 positive where the line meets the jet's axis ahead of the primary vertex."""
    return 1 - 2 * (np.sin(jet_phi - phi) < 0), 1 - 2 * (jet_eta < eta)
