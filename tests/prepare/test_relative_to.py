"""RelativeTo against scikit-hep's vector, and what it reads."""

from __future__ import annotations

import numpy as np
import pytest
import vector
from hepdl_prepare.relative_to import RelativeTo

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, WiringError
from hepdl.events import Events, Jagged

RANDOM = np.random.default_rng(4)
LENGTHS = np.array([5, 0, 1, 30])
N = int(LENGTHS.sum())
OFFSETS = np.concatenate([[0], np.cumsum(LENGTHS)])
PARTS = {"pt": RANDOM.exponential(10, N), "eta": RANDOM.normal(0, 1, N), "phi": RANDOM.uniform(-np.pi, np.pi, N)}
JETS = {"pt": np.array([100, 50, 20, 500.0]), "eta": np.array([1, -1, -0.5, 0]), "phi": np.array([3.1, 0, 1, -3.1])}
P = vector.array(PARTS | {"mass": np.full(N, 0.14)})
J = vector.array({name: np.repeat(values, LENGTHS) for name, values in (JETS | {"mass": np.full(4, 10.0)}).items()})
EVENTS = Events(
    {f"part.{name}": Jagged(values, OFFSETS) for name, values in (PARTS | {"energy": P.energy}).items()}
    | {f"jet.{name}": values for name, values in JETS.items()}
    | {"jet.energy": np.hypot(JETS["pt"] * np.cosh(JETS["eta"]), 10)}
)
COLUMNS = Columns({name: ColumnType("float64", jagged=name.startswith("part")) for name in EVENTS})


def test_quantities_are_those_of_vector() -> None:
    step = RelativeTo("part", "jet")
    got = step.execute(EVENTS)
    assert list(got) == list(step.declare(COLUMNS))
    expected = {
        "deta": P.eta - J.eta, "dphi": P.deltaphi(J), "deltaR": P.deltaR(J), "ptrel": P.pt / J.pt,
        "erel": P.energy / J.energy, "log_pt": np.log(P.pt), "log_e": np.log(P.energy),
        "log_ptrel": np.log(P.pt / J.pt), "log_erel": np.log(P.energy / J.energy),
    }  # fmt: skip
    assert set(got) == {f"part_{name}" for name in expected}
    for name, values in expected.items():
        np.testing.assert_allclose(got[f"part_{name}"].values, values, rtol=1e-5, atol=1e-6, err_msg=name)
        assert got[f"part_{name}"].values.dtype == np.float32


def test_only_what_is_wanted_is_made_and_read() -> None:
    step = RelativeTo("part", "jet").making({"part_dphi", "part_log_pt"})
    assert step.reads() == ["part.phi", "jet.phi", "part.pt"]
    assert list(step.execute(EVENTS)) == ["part_dphi", "part_log_pt"]


def test_mirrored_where_the_jet_is_backward() -> None:
    got, plain = (RelativeTo("part", "jet", mirror=m).execute(EVENTS)["part_deta"] for m in (True, False))
    np.testing.assert_array_equal(got.values[:5], plain.values[:5])
    assert got.values[5] == -plain.values[5]


def test_components_of_other_particles() -> None:
    eta, phi = Jagged(np.ones(3), np.array([0, 1, 3])), Jagged(np.ones(3), np.array([0, 2, 3]))
    uneven = Events({"c.eta": eta, "c.phi": phi, "j.eta": np.zeros(2), "j.phi": np.zeros(2)})
    with pytest.raises(BadValues, match=r"RelativeTo\(c\): 'c.eta' and 'c.phi' have different lengths: 1 and 2 part"):
        RelativeTo("c", "j").making({"c_deltaR"}).execute(uneven)


def test_branches_and_messages() -> None:
    columns = Columns({"c_pt": ColumnType(jagged=True), "jet_pt": ColumnType()})
    step = RelativeTo("c", "jet", separator="_", axis_separator="_").making({"c_ptrel"})
    assert step.declare(columns) == {"c_ptrel": ColumnType(jagged=True)}
    with pytest.raises(
        WiringError, match=r"RelativeTo\(c\): 'c_pt' is float32; a jagged column, one number a particle"
    ):
        step.declare(columns.plus({"c_pt": ColumnType()}))
    with pytest.raises(WiringError, match="'jet_pt' is jagged float32; one number an event is needed"):
        step.declare(columns.plus({"jet_pt": ColumnType(jagged=True)}))
