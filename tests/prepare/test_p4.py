"""P4 against scikit-hep's vector, and what it reads."""

from __future__ import annotations

import numpy as np
import pytest
import vector
from hepdl_prepare.define import Define
from hepdl_prepare.filter import Filter
from hepdl_prepare.p4 import P4

from hepdl import Chain
from hepdl.chain import host_names
from hepdl.columns import Columns, ColumnType
from hepdl.data.host import columns_from_outside, needed_steps
from hepdl.engine import run
from hepdl.errors import ExpressionError, MissingColumn, ParameterError, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from tests.memory import FILES, Collect, MemoryReader, sample
from tests.prepare.material import with_lists

JETS = with_lists("J_pt", "J_eta", "J_phi", "J_mass")
KINDS = Columns({name: ColumnType(jagged=True) for name in JETS if name.startswith("J_")} | {"met": ColumnType()})
VECTORS = vector.array({name: JETS[f"J_{name}"].values.astype(float) for name in ("pt", "eta", "phi", "mass")})


def test_components_are_those_of_vector() -> None:
    made = P4("J").execute(JETS)
    assert list(P4("J").declare(KINDS)) == list(made)
    for name in ("pt", "eta", "phi", "mass", "px", "py", "pz", "energy", "p", "rapidity"):
        expected = getattr(VECTORS, {"energy": "e"}.get(name, name))
        np.testing.assert_allclose(made[f"J.{name}"].values, expected, rtol=1e-6)
        assert made[f"J.{name}"].offsets is JETS["J_pt"].offsets


def test_what_is_given_stays_as_it_is() -> None:
    assert P4("J").execute(JETS)["J.pt"].values is JETS["J_pt"].values
    kinds = P4("J").declare(KINDS)
    assert kinds["J.pt"] == ColumnType("float32", jagged=True)
    assert kinds["J.px"] == ColumnType("float64", jagged=True)


def test_units_are_those_of_the_branches() -> None:
    known = KINDS.plus({"J_pt": ColumnType(jagged=True, unit="MeV")})
    assert {name for name, kind in P4("J").declare(known).items() if not kind.unit} == {"J.eta", "J.phi", "J.rapidity"}
    with pytest.raises(WiringError, match=r"P4\(J\): pt in MeV, mass in GeV; bring them to one unit"):
        P4("J").declare(known.plus({"J_mass": ColumnType(jagged=True, unit="GeV")}))


def test_cartesian_components_and_an_energy() -> None:
    polar = P4("J").execute(JETS)
    back = P4("J", px="J.px", py="J.py", pz="J.pz", energy="J.energy").execute(Events(polar))
    assert set(back) == {f"J.{name}" for name in ("pt", "eta", "phi", "mass", "p", "rapidity")}
    turns = (back.pop("J.phi").values - polar["J.phi"].values) / (2 * np.pi)
    np.testing.assert_allclose(turns, turns.round(), atol=1e-6)
    for name, column in back.items():
        np.testing.assert_allclose(column.values, polar[name].values, rtol=1e-5)
    energetic = P4("K", pt="J.pt", eta="J.eta", phi="J.phi", energy="J.energy").execute(Events(polar))
    np.testing.assert_allclose(energetic["K.mass"].values, polar["J.mass"].values, rtol=1e-5)


def test_a_constant_is_one_for_each_particle() -> None:
    made = P4("J", mass="0.10566").making({"J.mass", "J.energy"})
    assert made.reads() == ["J_pt", "J_eta"]
    assert list(made.execute(JETS)) == ["J.energy", "J.mass"]
    assert (made.execute(JETS)["J.mass"].values == 0.10566).all()
    np.testing.assert_array_equal(made.execute(JETS)["J.mass"].offsets, JETS["J_pt"].offsets)


def test_one_vector_an_event() -> None:
    step = P4("MET", pt="met", phi="0.5", eta="0", mass="0")
    assert not step.declare(KINDS)["MET.px"].jagged
    made = step.execute(Events({"met": np.array([3.0, 4.0], np.float32)}))
    np.testing.assert_allclose(made["MET.py"], np.array([3, 4]) * np.sin(0.5), rtol=1e-6)


def test_a_chain_reads_no_more_than_it_needs() -> None:
    steps = [P4("J"), Define("far", "J.eta[0]"), Filter("sum(J).pt > 20")]
    needed = needed_steps(steps, ["far"])
    assert needed[0].wired("output") == ["J.px", "J.py", "J.eta"]
    assert columns_from_outside(needed, ["far"], set()) == {"J_pt", "J_eta", "J_phi"}
    assert needed_steps(steps[:2], ["weight"]) == []


def test_branches_with_dots_are_left_alone() -> None:
    step = P4("J", separator=".")
    assert step.wired("output") == ["J.px", "J.py", "J.pz", "J.energy", "J.p", "J.rapidity"]
    assert host_names(step) == {"J.pt", "J.eta", "J.phi", "J.mass"}
    assert set(P4("Jet", pt="Jet.PT", eta="Jet.Eta", phi="Jet.Phi", mass="Jet.Mass").wired("output")) >= {"Jet.pt"}


def test_in_a_run() -> None:
    reader = MemoryReader(sample("a", 40, 1), identity=["event"])
    vectors = P4("J", pt="pt", eta="x", phi="x / 2", mass="1")
    steps = vectors, Filter("J.px > 5"), Define("double", "(J + J).mass")
    run(Chain(reader, *steps, Collect(columns=["double"])), Job())
    got, file = Collect.seen[0], FILES["a.mem"]
    kept = file["pt"] * np.cos(file["x"] / 2) > 5
    np.testing.assert_array_equal(got["entry"], np.flatnonzero(kept))
    np.testing.assert_allclose(got["double"], 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pt": "a", "px": "b"}, r"give pt, eta, phi or px, py, pz, not a mixture \(pt, px\)"),
        ({"mass": "a", "energy": "b"}, "give the mass or the energy, not both"),
        ({"colection": "b"}, "unknown parameter, did you mean 'collection'"),
    ],
)
def test_wrong_parameters(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        P4("J", **parameters)


def test_wrong_columns() -> None:
    with pytest.raises(ExpressionError, match=r"P4\(J\): expression 'J_pt \+': invalid syntax"):
        P4("J", pt="J_pt +")
    with pytest.raises(MissingColumn, match=r"P4\(Jet\): expression 'Jet_pt': .* 'Jet_pt', did you mean 'J_pt'"):
        P4("Jet").declare(KINDS)
    with pytest.raises(WiringError, match=r"P4\(J\): pt is float32\[2\], but one number"):
        P4("J").declare(KINDS.plus({"J_pt": ColumnType(shape=(2,))}))
    with pytest.raises(ExpressionError, match="lists of different lengths meet"):
        P4("J", pt="pt").execute(JETS.plus({"pt": Jagged(np.ones(2), np.r_[0, 2, [2] * 95])}))
