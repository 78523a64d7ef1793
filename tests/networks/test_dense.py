from __future__ import annotations

import pytest
import torch
from hepdl_networks.dense import Dense
from torch import nn

from hepdl.columns import Columns, ColumnType
from hepdl.errors import MissingColumn, ParameterError, WiringError

COLUMNS = Columns(
    x=ColumnType(shape=(2,)), pt=ColumnType(), six=ColumnType(shape=(6,)), image=ColumnType(shape=(1, 4, 4)),
    n=ColumnType("int32"), tracks=ColumnType(jagged=True),
)  # fmt: skip

NAMES = [
    "relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "selu", "softplus", "celu", "mish", "relu6",
    "hardtanh", "hardswish", "softsign",
]  # fmt: skip


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("inputs", "layers", "outputs", "parameters"),
    [("x", [20, 20], 1, 501), ("six", [64, 64, 64], 1, 8833), ("pt", [64, 64, 64], 2, 8578)],
)
def test_published_numbers_of_parameters(inputs: str, layers: list[int], outputs: int, parameters: int) -> None:
    """arXiv:1611.01046, its code: toy f 501, jets f 8 833, jets r 8 578."""
    assert count(Dense(inputs=[inputs], layers=layers).build(COLUMNS, outputs)) == parameters


def test_columns_stand_side_by_side() -> None:
    network = Dense(inputs=["x", "pt", "image", "n"], layers=[]).build(COLUMNS, 3)
    assert count(network) == (2 + 1 + 16 + 1) * 3 + 3
    columns = torch.ones(5, 2), torch.ones(5), torch.ones(5, 1, 4, 4), torch.ones(5, dtype=torch.int32)
    assert network(*columns).shape == (5, 3)
    assert network(*(column[:0] for column in columns)).shape == (0, 3)


@pytest.mark.parametrize("name", NAMES)
def test_activations(name: str) -> None:
    network = Dense(inputs=["x"], layers=[4], activation=name).build(COLUMNS, 1)
    x = torch.randn(3, 2)
    first, last = network.layers[0], network.layers[-1]
    hidden = getattr(nn.functional, name)(first(x))
    assert torch.allclose(network(x), last(hidden))


def test_everything_at_once() -> None:
    network = Dense(
        inputs=["x"], layers=[4, 8], activation=["tanh", "relu"], dropout=0.5, batch_norm=True, layer_norm=True,
        initialisation="orthogonal",
    ).build(COLUMNS, 2)  # fmt: skip
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Linear", "BatchNorm", "LayerNorm", "Tanh", "Dropout", "Linear", "BatchNorm", "LayerNorm",
                     "ReLU", "Dropout", "Linear"]  # fmt: skip
    assert all(layer.bias.abs().sum() == 0 for layer in network.layers if isinstance(layer, nn.Linear))


@pytest.mark.parametrize("how", ["xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"])
def test_initialisations(how: str) -> None:
    torch.manual_seed(1)
    network = Dense(inputs=["six"], layers=[400], initialisation=how).build(COLUMNS, 1)
    expected = 2 / (6 + 400) if how.startswith("xavier") else 2 / 6
    assert float(network.layers[0].weight.detach().var()) == pytest.approx(expected, rel=0.15)


def test_same_seed_same_weights() -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(Dense(inputs=["x"]).build(COLUMNS, 1).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match=r"2 activations for 1 layers; give one for each"):
        Dense(inputs=["x"], layers=[4], activation=["relu", "relu"])
    with pytest.raises(ParameterError, match=r"each layer needs at least one unit, layers is \[4, 0\]"):
        Dense(inputs=["x"], layers=[4, 0])
    with pytest.raises(ParameterError, match=r"activation.*'swisch'"):
        Dense(inputs=["x"], activation="swisch")
    with pytest.raises(ParameterError, match=r"Dense.dropout: should be less than 1 \(got 1.0\)"):
        Dense(inputs=["x"], dropout=1.0)
    with pytest.raises(WiringError, match=r"Dense: column 'tracks' is jagged"):
        Dense(inputs=["tracks"]).build(COLUMNS, 1)
    with pytest.raises(MissingColumn, match=r"Dense: there is no column 'Pt', did you mean 'pt'\?"):
        Dense(inputs=["Pt"]).build(COLUMNS, 1)
    with pytest.raises(WiringError, match="Dense: inputs is empty"):
        Dense(inputs=[]).build(COLUMNS, 1)


def test_residual_layers_add_their_input() -> None:
    network = Dense(inputs=["x"], layers=[4, 4, 3], activation="tanh", residual=True).build(COLUMNS, 1)
    plain = Dense(inputs=["x"], layers=[4, 4, 3], activation="tanh").build(COLUMNS, 1)
    assert count(network) == count(plain)
    x = torch.randn(5, 2)
    first, block, third, last = network.layers[0], network.layers[2], network.layers[3], network.layers[-1]
    hidden = first(x).tanh()
    hidden = hidden + block[0](hidden).tanh()
    assert torch.allclose(network(x), last(third(hidden).tanh()))
    plain.load_state_dict(dict(zip(plain.state_dict(), network.state_dict().values(), strict=True)))
    assert not torch.allclose(network(x), plain(x))
