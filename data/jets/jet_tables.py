"""The sanity tables of W and QCD jets, from the files."""

import awkward as ak
import numpy as np
import uproot
from generation.clustering import need_constituents
from generation.files import auc
from generation.substructure import TAU_FLOOR


def check(out):
    """Print the sanity tables of the README and stop at the first broken promise."""
    data, events = {}, []
    for name in ("qcd", "w"):
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
    off = need_constituents(a, path.name)
    n = ak.mean(ak.num(a.part_px))
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
    names = [
        "jet_msoftdrop",
        "jet_mgroomed",
        "tau21",
        "tau32",
        "jet_tau1",
        "jet_tau2",
        "jet_tau3",
        "jet_c2",
        "jet_d2",
        "jet_mass",
    ]
    names += ["jet_nparticles", "jet_ntracks", "jet_pt", "raw_mass", "raw_tau21", "hard_mass", "hard_pt"]
    q_low, q_high, w_low, w_high = qcd["mu"] < 10, qcd["mu"] > 50, w["mu"] < 10, w["mu"] > 50
    for k in names:
        q, s = qcd[k], w[k]
        means = [q[q_low].mean(), q[q_high].mean(), s[w_low].mean(), s[w_high].mean()]
        areas = [auc(q[q_low], q[q_high]), auc(s[w_low], s[w_high])]
        for m, n in ((slice(None), slice(None)), (q_low, w_low), (q_high, w_high)):
            areas.append(auc(q[m], s[n], qcd["weight"][m], w["weight"][n]))
        cells_ = [f"{v:.4g}" for v in means] + [f"{v:.3f}" for v in areas]
        print(f"| {k} | " + " | ".join(cells_) + " |")
