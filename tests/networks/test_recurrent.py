"""Recurrent networks: what they answer does not depend on padding, and is what a loop over the particles gives."""

from __future__ import annotations

import pytest
import torch
from hepdl_networks.collectors import Attention, Ends
from hepdl_networks.recurrent import Recurrent

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ParameterError
from hepdl.events import Jagged
from hepdl.learning.parts import Network

COLUMNS = Columns(particles=ColumnType(shape=(3,), jagged=True))
WAYS = [
    {"cell": "tanh"},
    {"cell": "GRU", "layers": [5, 4]},
    {"cell": "LSTM", "bidirectional": True},
    {"cell": "LSTM", "layers": [5, 4], "bidirectional": True, "collect": "attention"},
    {"cell": "GRU", "bidirectional": True, "collect": "mean"},
]


def lists(*lengths: int, seed: int = 1) -> Jagged:
    """Lists of these lengths, each the same whatever the others are."""
    values = [torch.randn(n, 3, generator=torch.Generator().manual_seed(seed + i)) for i, n in enumerate(lengths)]
    return Jagged(torch.cat([torch.zeros(0, 3), *values]), torch.tensor([0, *lengths]).cumsum(0))


def built(network: Network, outputs: int = 2) -> torch.nn.Module:
    torch.manual_seed(3)
    return network.build(COLUMNS, outputs).eval()


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_longer_neighbours_and_empty_ones_change_nothing(way: dict) -> None:
    module = built(Recurrent(inputs=["particles"], **({"layers": [6]} | way)))
    few, among = module(lists(4, 0, 1)), module(lists(4, 0, 1, 33, 0))
    assert few.isfinite().all()
    assert torch.allclose(few, among[:3], atol=1e-6)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_no_event_and_events_without_particles(way: dict) -> None:
    module = built(Recurrent(inputs=["particles"], **({"layers": [6]} | way)))
    assert module(lists()).shape == (0, 2)
    empty = module(lists(0, 0))
    assert torch.allclose(empty[0], empty[1])
    assert torch.allclose(empty[:1], module(lists(0, 5))[:1], atol=1e-6)


@pytest.mark.parametrize("cell", ["tanh", "LSTM", "GRU"])
def test_each_list_as_torch_runs_it_alone(cell: str) -> None:
    """The slow twin: each list by itself through torch's own bidirectional, stacked layers."""
    body = built(Recurrent(inputs=["particles"], cell=cell, layers=[5, 5], bidirectional=True)).body
    twin = {"tanh": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[cell](3, 5, 2, bidirectional=True)
    for level, layer in enumerate(body.layers):
        for run, suffix in zip(layer, ("", "_reverse"), strict=True):
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(twin, f"{name}_l{level}{suffix}").data.copy_(getattr(run, f"{name}_l0"))
    given = lists(4, 0, 1, 7)
    got = body(given)
    alone = [twin(given.values[a:b])[0] for a, b in given.offsets.unfold(0, 2, 1).tolist() if b > a]
    assert torch.allclose(got.values, torch.cat(alone), atol=1e-6)


def test_the_ends_of_a_sequence() -> None:
    particles = Jagged(torch.arange(12.0).reshape(4, 3), torch.tensor([0, 3, 3, 4]))
    assert Ends(2)(particles).tolist() == [[6, 7, 2], [0, 0, 0], [9, 10, 11]]
    assert Ends(3)(particles).tolist() == [[6, 7, 8], [0, 0, 0], [9, 10, 11]]
    assert Ends(2)(Jagged(torch.zeros(0, 3), torch.zeros(3, dtype=torch.int64))).tolist() == [[0] * 3] * 2


def test_attention_is_a_weighted_mean() -> None:
    particles, attention = lists(3, 0, 2), Attention(3)
    got = attention(particles)
    weight = attention.score(torch.tanh(attention.key(particles.values[:3]))).softmax(0)
    assert torch.allclose(got[0], (weight * particles.values[:3]).sum(0), atol=1e-6)
    assert got[1].tolist() == [0, 0, 0]


def test_order_matters_and_an_answer_for_each_particle() -> None:
    module = built(Recurrent(inputs=["particles"], layers=[6], answers="particle"))
    given = lists(4, 0, 2)
    answer = module(given)
    assert answer.values.shape == (6, 2)
    assert answer.offsets.equal(given.offsets)
    turned = module(Jagged(given.values.flip(0), torch.tensor([0, 2, 2, 6]))).values.flip(0)
    assert not torch.allclose(answer.values, turned, atol=1e-3)


def test_a_layer_without_units_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"at least one unit, layers is \[8, 0\]"):
        Recurrent(inputs=["particles"], layers=[8, 0])
