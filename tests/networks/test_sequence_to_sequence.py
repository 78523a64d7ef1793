"""Answers with a list: one to many, and many to many of another length, taught and then free."""

from __future__ import annotations

import math

import pytest
import torch
from hepdl_networks.sequence_to_sequence import SequenceToSequence

from hepdl.columns import Columns, ColumnType
from hepdl.errors import WiringError
from hepdl.events import Jagged
from tests.networks.test_recurrent import lists

COLUMNS = Columns(
    read=ColumnType(shape=(3,), jagged=True), said=ColumnType(shape=(1,), jagged=True), start=ColumnType(shape=(2,)),
    x=ColumnType(),
)  # fmt: skip


def equal(block: torch.Tensor) -> Jagged:
    """A block ``[N, P, F]`` as lists."""
    n, length, width = block.shape
    return Jagged(block.reshape(-1, width), torch.arange(n + 1) * length)


def trained(network: SequenceToSequence, draw, updates: int) -> torch.nn.Module:
    torch.manual_seed(1)
    module = network.build(COLUMNS, 1).train()
    optimizer = torch.optim.Adam(module.parameters(), 0.01)
    for _ in range(updates):
        columns = draw()
        loss = (module(*columns).values - columns[-1].values).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
    return module.eval()


def waves() -> tuple[torch.Tensor, Jagged]:
    """Phase and frequency, and the wave of 8 points."""
    start = torch.rand(64, 2) * torch.tensor([math.pi, 0.5]) + torch.tensor([0.0, 0.3])
    return start, equal((start[:, :1] + start[:, 1:] * torch.arange(8)).sin()[:, :, None])


@torch.no_grad()
def free(module: torch.nn.Module, columns: tuple) -> float:
    """Mean squared error where the values of the last list must not be seen."""
    *given, target = columns
    blind = target.with_values(torch.full_like(target.values, 1e6))
    return float((module(*given, blind).values - target.values).square().mean())


def test_an_event_becomes_a_wave() -> None:
    module = trained(SequenceToSequence(inputs=["start"], like="said", width=24), waves, 200)
    columns = waves()
    assert free(module, columns) < 0.1 * float(columns[-1].values.var())


def turned() -> tuple[Jagged, Jagged]:
    """Lists of 3 to 5 particles, and the first feature of each, the last one first."""
    length = int(torch.randint(3, 6, ()))
    read = torch.rand(64, length, 3)
    return equal(read), equal(read[:, :, :1].flip(1))


def test_a_list_is_said_backwards() -> None:
    module = trained(SequenceToSequence(inputs=["read"], like="said", width=24), turned, 250)
    columns = turned()
    assert free(module, columns) < 0.3 * float(columns[-1].values.var())


def test_lengths_are_those_asked_for_and_neighbours_change_nothing() -> None:
    torch.manual_seed(2)
    module = SequenceToSequence(inputs=["read", "x"], like="said", width=5).build(COLUMNS, 1).eval()
    read, x = lists(4, 0, 2), torch.tensor([1.0, 2.0, 3.0])
    said = Jagged(torch.zeros(7, 1), torch.tensor([0, 3, 5, 7]))
    answer = module(read, x, said)
    assert answer.offsets.equal(said.offsets)
    assert answer.values.isfinite().all()
    more = module(
        lists(4, 0, 2, 21, 0), torch.cat([x, x[:2]]), Jagged(torch.zeros(40, 1), torch.tensor([0, 3, 5, 7, 40, 40]))
    )
    assert torch.allclose(more.values[:7], answer.values, atol=1e-6)


def test_what_cannot_teach() -> None:
    with pytest.raises(WiringError, match=r"'said' \(jagged float32\[1\]\) cannot teach a network with 2 outputs"):
        SequenceToSequence(inputs=["read"], like="said").build(COLUMNS, 2)
    with pytest.raises(WiringError, match="like='x' must be a list"):
        SequenceToSequence(inputs=["read"], like="x").build(COLUMNS, 1)
