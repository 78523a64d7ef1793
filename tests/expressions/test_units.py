"""Units: columns whose unit is known meet unit constants in GeV; nothing else is rescaled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hepdl import Chain, Sample
from hepdl.algorithms import P4, Define, Filter, RootReader, Standardize, ToGeV
from hepdl.columns import Columns, ColumnType
from hepdl.data.cache import Cache
from hepdl.engine import run
from hepdl.errors import ExpressionError, MissingColumn, ParameterError
from hepdl.events import Events, Jagged
from hepdl.expressions import parse
from hepdl.job import Job
from tests.io.conftest import make
from tests.memory import Collect

KINDS = Columns(
    pt=ColumnType(unit="MeV"), met=ColumnType(unit="GeV"), mass=ColumnType("int32", unit="TeV"), raw=ColumnType(),
    d0=ColumnType(unit="mm"), eta=ColumnType(unit="MeV"), lep=ColumnType(jagged=True, unit="MeV"),
)  # fmt: skip
EVENTS = Events({
    "pt": np.array([400e3, 600e3], "f4"), "met": np.array([30, 70], "f4"), "mass": np.array([1, 2], "i4"),
    "raw": np.array([400, 600], "f4"), "d0": np.array([0.1, 2], "f4"), "eta": np.array([-1, 2.5], "f4"),
    "lep": Jagged(np.array([20e3, 40e3, 60e3], "f4"), np.array([0, 2, 3])),
})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pt > 500*GeV", [False, True]),
        ("500*GeV < pt", [False, True]),
        ("pt > 500e3", [False, True]),  # no unit named: as in the file
        ("pt > 0.5*TeV and abs(eta) < 2", [False, False]),  # the angle's term names no unit
        ("pt > 450*GeV or eta < 0", [True, True]),
        ("100*GeV < pt < 500*GeV", [True, False]),
        ("pt + met > 500*GeV", [False, True]),
        ("mass > 1500*GeV", [False, True]),
        ("raw > 500*GeV", [False, True]),  # without a unit, as ever
        ("pt / GeV", [400, 600]),
        ("pt", [400e3, 600e3]),
        ("sum(lep) > 59*GeV", [True, True]),
        ("sum(lep[lep > 30*GeV])", [40e3, 60e3]),  # the condition names a unit, the sum does not
        ("sum(lep[lep > 30e3]) > 50*GeV", [False, True]),  # and here only the sum does
        ("where(pt > 500*GeV, d0, 0)", [0, 2]),
    ],
)
def test_values(text: str, expected: list[float]) -> None:
    value = parse(text).evaluate(EVENTS, KINDS)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    assert value.dtype == parse(text).result_type(KINDS).dtype


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("d0 > 1*GeV", "'d0' is in mm, which is no energy, but is compared with one"),
        ("pt > met", r"compares 'pt' in MeV with 'met' in GeV; bring them to one unit before, .* ToGeV\(\[...\]\)"),
        ("abs(d0) < max(lep)", "compares 'd0' in mm with 'lep' in MeV"),
    ],
)
def test_what_does_not_go_together_is_said_before_the_first_event(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        parse(text).result_type(KINDS)


@pytest.fixture
def reader(tmp_path: Path) -> RootReader:
    event = np.arange(20)
    columns = {"jet_pt": event * 50e3, "jet_eta": event / 10, "jet_n": event, "met": event * 1.0}
    path = make(tmp_path / "a.root", event=event, **{name: column.astype("f8") for name, column in columns.items()})
    return RootReader(Sample("w", path, label="jet_pt > 700*GeV"), identity=["event"], units={"jet_pt*": "MeV"})


def test_a_reader_says_what_files_hold(reader: RootReader, tmp_path: Path) -> None:
    steps = [Filter("jet_pt > 450*GeV"), Define("twice", "2 * jet_pt / GeV"), Standardize(["twice"], output="x")]
    for cache in (None, Cache(tmp_path / "cache"), Cache(tmp_path / "cache")):
        run(Chain(reader, *steps, Collect(columns=["jet_pt", "twice", "label"])), Job(cache=cache))
        events = Collect.seen[0]
        np.testing.assert_allclose(events["jet_pt"], np.arange(10, 20) * 50e3)
        np.testing.assert_allclose(events["twice"], np.arange(10, 20) * 100)
        np.testing.assert_array_equal(events["label"], np.arange(10, 20) > 14)
    wrong = reader.replaced(units={"jet_pt*": "GeV"})
    run(Chain(wrong, Filter("jet_pt > 450*GeV"), Collect()), Job(cache=Cache(tmp_path / "cache")))
    assert len(Collect.seen[0]) == 19


def test_patterns_pass_over_angles(reader: RootReader) -> None:
    offers = reader.replaced(units={"met": "GeV", "*": "MeV"}).offers()
    units = {name: kind.unit for name, kind in offers.items()}
    assert units == {"event": "", "jet_pt": "MeV", "jet_eta": "", "jet_n": "MeV", "met": "GeV"}
    assert reader.replaced(units={"jet_eta": "rad"}).offers()["jet_eta"].unit == "rad"


def test_units_go_on(reader: RootReader) -> None:
    jet = P4("J", pt="jet_pt", eta="jet_eta", phi="0", mass="0")
    (_, read), (_, vectors), (_, converted) = Chain(reader, jet, ToGeV(["jet_pt"])).check()
    assert [read["jet_pt"].unit, vectors["J.pt"].unit, converted["jet_pt"].unit] == ["MeV", "MeV", "GeV"]


def test_wrong_units(reader: RootReader) -> None:
    with pytest.raises(ParameterError, match=r"RootReader.units: 'x' is said to be in 'mev'; did you mean 'MeV'\?"):
        reader.replaced(units={"x": "mev"})
    with pytest.raises(MissingColumn, match="RootReader.units: no column matches 'jets_.'.*did you mean 'jet_"):
        reader.replaced(units={"jets_*": "MeV"}).offers()
    with pytest.raises(MissingColumn, match="RootReader.units: there is no column 'jet_p', did you mean 'jet_pt'"):
        reader.replaced(units={"jet_p": "MeV"}).offers()
