"""Event files of CMS (NanoAOD) and ATLAS (PHYSLITE), as an analysis reads them."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
import vector

from hepdl import Chain, Sample
from hepdl.algorithm import Step
from hepdl.algorithms import P4, Define, Filter, Particles, RootReader
from hepdl.engine import run
from hepdl.events import Events
from hepdl.job import Job
from tests.memory import Collect

FILES = Path(__file__).parents[2] / ".." / "shared" / "testdata" / "coffea"
pytestmark = pytest.mark.skipif(not FILES.exists(), reason="the files of the experiments are not here")


def collected(file: str, tree: str, identity: list[str], *steps: Step, columns: list[str]) -> Events:
    reader = RootReader(Sample("mc", str(FILES / file)), tree=tree, identity=identity)
    run(Chain(reader, *steps, Collect(columns=columns)), Job())
    return Collect.seen[0]


def test_nanoaod() -> None:
    got = collected(
        "nano_dy.root", "Events", ["run", "luminosityBlock", "event"],
        P4("Jet"), P4("Muon"), P4("MET", eta="0", mass="0"),
        Define("z", "(Muon[0] + Muon[1]).mass"),
        Define("isolation", "deltaR(Jet, Muon[0])"),
        Define("muon_in_jet", "take(Muon.pt, Jet_muonIdx1)"),
        Define("ht", "sum(Jet.pt[Jet.pt > 30*GeV && TMath::Abs(Jet.eta) < 2.4])"),
        Define("tight", "count((Jet_jetId & 2) != 0)"),
        Define("towards_met", "deltaPhi(MET, Jet[0])"),
        Particles("jets", ["Jet_pt", "Jet_eta", "Jet_btag*", "!Jet_btagC*"], most=4, sort="-Jet_pt"),
        Filter("HLT_IsoMu24 || count(Jet.pt > 20) >= 1"),
        columns=["z", "isolation", "muon_in_jet", "ht", "tight", "towards_met", "jets"],
    )  # fmt: skip
    with uproot.open(FILES / "nano_dy.root") as file:
        arrays = file["Events"].arrays(filter_name=["Jet_*", "Muon_*", "MET_*", "HLT_IsoMu24"])
    assert len(got) == int(ak.sum(arrays.HLT_IsoMu24 | ak.any(arrays.Jet_pt > 20, axis=1)))
    for row, event in enumerate(got["entry"]):
        a = arrays[int(event)]
        muons = [_vector(a, "Muon", i) for i in range(len(a.Muon_pt))]
        jets = [_vector(a, "Jet", i) for i in range(len(a.Jet_pt))]
        one = got.rows(row, row + 1)
        z = (muons[0] + muons[1]).mass if len(muons) > 1 else np.nan
        np.testing.assert_allclose(one["z"], [z], rtol=1e-6)
        near = [jet.deltaR(muons[0]) if muons else np.nan for jet in jets]
        np.testing.assert_allclose(one["isolation"].values, near, rtol=1e-5)
        inside = [muons[i].pt if i >= 0 else np.nan for i in a.Jet_muonIdx1]
        np.testing.assert_allclose(one["muon_in_jet"].values, inside, rtol=1e-6)
        np.testing.assert_allclose(one["ht"], [sum(j.pt for j in jets if j.pt > 30 and abs(j.eta) < 2.4)], rtol=1e-6)
        assert one["tight"].tolist() == [sum(i & 2 != 0 for i in a.Jet_jetId)]
        angle = vector.obj(pt=a.MET_pt, phi=a.MET_phi).deltaphi(jets[0]) if jets else np.nan
        np.testing.assert_allclose(one["towards_met"], [angle], atol=1e-5)
        hardest = sorted((float(pt) for pt in a.Jet_pt), reverse=True)[:4]
        np.testing.assert_allclose(one["jets"].values[:, 0], hardest)


def test_physlite() -> None:
    jets = "AnalysisJetsAuxDyn"
    got = collected(
        "PHYSLITE_example.root", "CollectionTree", [],
        P4(jets, separator=".", mass=f"{jets}.m"),
        Define("ht", f"sum({jets}.pt) * MeV"),
        Define("dijet", f"({jets}[0] + {jets}[1]).mass * MeV"),
        columns=["ht", "dijet"],
    )  # fmt: skip
    with uproot.open(FILES / "PHYSLITE_example.root") as file:
        tree = file["CollectionTree"]
        pt, eta, phi, m = (tree[f"{jets}.{name}"].array().to_list() for name in ("pt", "eta", "phi", "m"))
    np.testing.assert_allclose(got["ht"], [sum(event) / 1000 for event in pt], rtol=1e-5)
    for row in range(len(got)):
        if len(pt[row]) < 2:
            assert np.isnan(got["dijet"][row])
            continue
        pair = [vector.obj(pt=pt[row][i], eta=eta[row][i], phi=phi[row][i], mass=m[row][i]) for i in range(2)]
        assert got["dijet"][row] == pytest.approx((pair[0] + pair[1]).mass / 1000, rel=1e-6)


def _vector(event: ak.Record, collection: str, i: int) -> vector.MomentumObject4D:
    return vector.obj(**{part: float(event[f"{collection}_{part}"][i]) for part in ("pt", "eta", "phi", "mass")})
