"""The task that weaver-core's example for JetClass sets its loader: a selection, nine new variables, scaling, clipping.

Imported by hepdl's side and by weaver's, so that both compute the same. Absolute values stand where random numbers in
place of energies could be negative.
"""

from __future__ import annotations

import re

SELECTION = "jet_pt > -3"
NEW = {
    "part_pt": "hypot(part_px, part_py)",
    "part_pt_log": "log(hypot(part_px, part_py))",
    "part_e_log": "log(abs(part_energy))",
    "part_logptrel": "log(hypot(part_px, part_py) / abs(jet_pt))",
    "part_logerel": "log(abs(part_energy / jet_energy))",
    "part_deltaR": "hypot(part_deta, part_dphi)",
    "part_d0": "tanh(part_d0val)",
    "part_dz": "tanh(part_dzval)",
}
"""Eight of the new variables; the ninth is a mask, which packed particles do not need."""
SCALED = {
    "part_pt_log": (1.7, 0.7, -5, 5), "part_e_log": (2.0, 0.7, -5, 5), "part_logptrel": (-4.7, 0.7, -5, 5),
    "part_logerel": (-4.7, 0.7, -5, 5), "part_deltaR": (0.2, 4.0, -5, 5), "part_d0err": (0.0, 1.0, 0, 1),
    "part_dzerr": (0.0, 1.0, 0, 1),
}  # fmt: skip
"""Centre, scale, least and greatest value of a feature: ``clip((x - centre) * scale, least, greatest)``."""
PLAIN = [
    "part_charge", "part_isChargedHadron", "part_isNeutralHadron", "part_isPhoton", "part_isElectron", "part_isMuon",
    "part_d0", "part_dz", "part_deta", "part_dphi",
]  # fmt: skip
FEATURES = [*SCALED, *PLAIN]
"""17 features."""
VECTORS = ["part_px", "part_py", "part_pz", "part_energy"]
POINTS = ["part_deta", "part_dphi"]


def scaled(name: str) -> str:
    """A feature as one expression over branches."""
    centre, scale, least, greatest = SCALED[name]
    return f"clip(({NEW.get(name, name)} - {centre}) * {scale}, {least}, {greatest})"


def for_numpy(expression: str) -> str:
    """The same with numpy's functions, as weaver wants it."""
    return re.sub(r"\b(hypot|log|tanh|abs)\(", r"np.\1(", expression)
