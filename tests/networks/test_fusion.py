from __future__ import annotations

import pytest
import torch
from hepdl_networks.convolutional import Convolutional
from hepdl_networks.deep_sets import DeepSets
from hepdl_networks.dense import Dense
from hepdl_networks.fusion import Fusion

from hepdl.columns import Columns, ColumnType
from hepdl.contract import Case, cases, shadow  # noqa: F401  (torch wants to know the device before any gradient)
from hepdl.errors import MissingColumn, ParameterError
from hepdl.patterns import resolved

COLUMNS = Columns(image=ColumnType(shape=(2, 8, 8)), jet_pt=ColumnType(), jet_mass=ColumnType())
PICTURE = Convolutional(inputs=["image"], layers=[[4, 3], ["max", 2]], head=[])
NUMBERS = Dense(inputs=["jet_mass", "jet_pt"], layers=[])
FUSION = Fusion(networks=[PICTURE, NUMBERS], features=3, layers=[5])


def test_columns_of_all_networks() -> None:
    assert FUSION.inputs == ["image", "jet_mass", "jet_pt"]
    assert FUSION.wired("input") == FUSION.inputs
    numbers = Fusion(networks=[PICTURE, Dense(inputs=["jet_*"], layers=[])])
    assert resolved(numbers, COLUMNS, "step").inputs == ["image", "jet_pt", "jet_mass"]


def test_each_network_sees_its_own_inputs() -> None:
    torch.manual_seed(1)
    module = FUSION.build(COLUMNS, 2).eval()
    image, mass, pt = torch.rand(4, 2, 8, 8), torch.rand(4), torch.rand(4)
    first, second = module.networks
    features = torch.cat([first(image), second(mass, pt)], 1).relu()
    assert features.shape == (4, 6)
    assert torch.equal(module(image, mass, pt), module.dense(features))


def test_a_fusion_may_stand_in_a_fusion() -> None:
    module = Fusion(networks=[FUSION, Dense(inputs=["jet_pt"])]).build(COLUMNS, 1)
    assert module(torch.rand(2, 2, 8, 8), torch.rand(2), torch.rand(2)).shape == (2, 1)


def test_mistakes() -> None:
    with pytest.raises(
        ParameterError, match="DeepSets answers for each particle, what is joined are answers for events"
    ):
        Fusion(networks=[DeepSets(inputs=["tracks"], answers="particle")])
    with pytest.raises(ParameterError, match=r"inputs \['image'\] lacks 'jet_mass', which a network reads"):
        Fusion(inputs=["image"], networks=[PICTURE, NUMBERS])
    with pytest.raises(ParameterError, match=r"Fusion.networks: List should have at least 1 item"):
        Fusion(networks=[])
    with pytest.raises(ParameterError, match=r"Fusion.networks: this parameter must be given"):
        Fusion()
    with pytest.raises(ParameterError, match=r"layers is \[0\]"):
        Fusion(networks=[NUMBERS], layers=[0])
    with pytest.raises(MissingColumn, match="'jet_mas'"):
        Fusion(networks=[Dense(inputs=["jet_mas"])]).build(COLUMNS, 1)


@pytest.mark.parametrize("case", cases(FUSION, COLUMNS), ids=str)
def test_contract(case: Case) -> None:
    case()
