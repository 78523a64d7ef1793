"""Patterns among inputs, alone and in chains."""

from __future__ import annotations

import pytest
from hepdl_io.root_reader import RootReader
from hepdl_networks.dense import Dense
from hepdl_prepare.define import Define
from hepdl_prepare.particles import Particles
from hepdl_prepare.standardize import Standardize
from hepdl_training.supervised import Supervised

from hepdl import Chain, Sample
from hepdl.columns import Columns, ColumnType
from hepdl.errors import MissingColumn
from hepdl.patterns import matching

JET = Columns({name: ColumnType() for name in ("jet_pt", "jet_eta", "mu", "jet_tau2", "jet_tau1", "label", "weight")})
READER = RootReader(Sample("w", "w.root", label=1))


@pytest.mark.parametrize(
    ("entries", "names"),
    [
        (["jet_*"], ["jet_pt", "jet_eta", "jet_tau2", "jet_tau1"]),
        (["jet_tau?", "jet_*"], ["jet_tau2", "jet_tau1", "jet_pt", "jet_eta"]),
        (["mu", "jet_*", "!jet_eta", "!jet_tau*"], ["mu", "jet_pt"]),
        (["jet_*", "!jet_pt", "jet_pt"], ["jet_eta", "jet_tau2", "jet_tau1", "jet_pt"]),
        (["jet_tau[12]"], ["jet_tau2", "jet_tau1"]),
        (["anything", "mu"], ["anything", "mu"]),
    ],
)
def test_patterns_keep_the_order_of_the_columns(entries: list[str], names: list[str]) -> None:
    assert matching(entries, JET, "Standardize.columns") == names


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["jets_*"], "Standardize.columns: no column matches 'jets_\\*', did you mean 'jet_"),
        (["jet_*", "!jet_ata"], r"Standardize.columns: '!jet_ata' drops nothing, did you mean 'jet_eta'\?"),
        (["!jet_eta"], "'!jet_eta' drops nothing; there is none"),
    ],
)
def test_a_pattern_that_does_nothing_is_an_error(entries: list[str], message: str) -> None:
    with pytest.raises(MissingColumn, match=message):
        matching(entries, JET, "Standardize.columns")


def test_a_chain_without_patterns_is_itself() -> None:
    chain = Chain(READER, Standardize(["jet_pt"], output="features"))
    assert chain.resolved() is chain


def test_a_chain_freezes_the_names_that_match_at_each_place() -> None:
    chain = Chain(
        READER,
        Define("jet_tau21", "jet_tau2 / jet_tau1"),
        Standardize(["*", "!jet_eta", "!mu"], output="features"),
        Supervised(network=Dense(inputs=["feat*", "jet_p?"])),
    ).resolved(JET)
    assert chain.steps[2].columns == ["jet_pt", "jet_tau2", "jet_tau1", "jet_tau21"]
    assert chain.steps[3].network.inputs == ["features", "jet_pt"]
    assert chain.steps[0] is READER
    assert Chain.from_json(chain.to_json()).to_json() == chain.to_json()
    assert chain.resolved(JET) is chain


def test_the_wiring_resolves_patterns() -> None:
    lists = Columns({name: ColumnType(jagged=True) for name in ("part_pt", "part_eta")})
    wiring = Chain(READER, Particles("particles", ["part_*"])).wire(lists)
    assert wiring[1][1]["particles"].members == ("part_pt", "part_eta")
