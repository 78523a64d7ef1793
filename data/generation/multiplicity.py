"""The gate of a sample of quark and gluon jets: its multiplicity is that of the published one."""

import numpy as np

from generation.files import auc

GATE = {"mean gluon": (53.1, 0.7), "mean quark": (33.3, 0.5), "AUC": (0.843, 0.010)}
"""Multiplicity: what the published sample has, about, and the tolerance."""


def pass_gate(gluon, quark):
    """Raise ValueError unless mean multiplicities and their AUC are those of the published sample.

    Twice the statistical error is added to the tolerance in quadrature.
    """
    errors = {"mean gluon": gluon.std() / len(gluon) ** 0.5, "mean quark": quark.std() / len(quark) ** 0.5}
    values = {"mean gluon": gluon.mean(), "mean quark": quark.mean(), "AUC": auc(quark, gluon)}
    errors["AUC"] = 0.28 / min(len(gluon), len(quark)) ** 0.5  # Hanley and McNeil (1982) at this AUC
    print("\n| multiplicity | here | published | allowed |\n|---|---|---|---|")
    allowed = {k: np.hypot(tolerance, 2 * errors[k]) for k, (_, tolerance) in GATE.items()}
    for k, (published, _) in GATE.items():
        print(f"| {k} | {values[k]:.4f} ± {errors[k]:.4f} | {published} | ± {allowed[k]:.4f} |")
    far = [k for k, (published, _) in GATE.items() if abs(values[k] - published) > allowed[k]]
    if far:
        raise ValueError(f"the multiplicity is not that of the published sample: {', '.join(far)}")
