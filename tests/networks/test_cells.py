"""Adaptive computation, external memory, the programmer: what the papers say, on cases worked out by hand."""

from __future__ import annotations

from math import nan

import pytest
import torch
from hepdl_networks.adaptive_computation import AdaptiveComputation
from hepdl_networks.external_memory import ExternalMemory
from hepdl_networks.neural_programmer import NeuralProgrammer
from hepdl_networks.neural_turing_machine import NeuralTuringMachine
from hepdl_networks.pondering import Pondering
from hepdl_networks.programmer import OPERATIONS, Programmer
from torch import nn

from hepdl.columns import Columns, ColumnType
from hepdl.errors import WiringError
from hepdl.events import Jagged
from tests.networks.test_recurrent import built, lists

STEPPED = [
    AdaptiveComputation(inputs=["particles"], width=5, most=4),
    AdaptiveComputation(inputs=["particles"], cell="tanh", width=5, collect="attention"),
    NeuralTuringMachine(inputs=["particles"], width=5, slots=4, cells=3),
]


@pytest.mark.parametrize("network", STEPPED, ids=lambda network: type(network).__name__)
def test_longer_neighbours_and_empty_ones_change_nothing(network) -> None:
    module = built(network)
    few, among = module(lists(4, 0, 1)), module(lists(4, 0, 1, 21, 0))
    assert torch.allclose(few, among[:3], atol=1e-6)
    assert module(lists()).shape == (0, 2)
    assert module(lists(0, 0)).isfinite().all()


def halting(cell: Pondering, logit: float) -> Pondering:
    nn.init.zeros_(cell.halt.weight)
    nn.init.constant_(cell.halt.bias, logit)
    return cell


def test_a_cell_that_halts_at_once_is_the_plain_cell() -> None:
    cell = halting(Pondering("LSTM", 3, 5, most=4), 20.0)
    given, state = torch.randn(2, 3), torch.randn(2, 10)
    answer, mean = cell(given, state)
    plain = cell.memory(torch.cat([given, torch.ones(2, 1)], 1), state)
    assert torch.allclose(mean, plain, atol=1e-6)
    assert torch.allclose(answer[:, -1], torch.full((2,), 2.0))  # one step, remainder 1


def test_means_over_the_steps_by_hand() -> None:
    """Halting probability 0.4 three times: shares 0.4, 0.4 and the remainder 0.2."""
    cell = halting(Pondering("tanh", 3, 5, most=9), float(torch.logit(torch.tensor(0.4))))
    given, state = torch.randn(2, 3), torch.randn(2, 5)
    answer, mean = cell(given, state)
    states = []
    for step in range(3):
        state = cell.memory(torch.cat([given, torch.full((2, 1), float(step == 0))], 1), state)
        states.append(state)
    assert torch.allclose(mean, 0.4 * states[0] + 0.4 * states[1] + 0.2 * states[2], atol=1e-6)
    assert torch.allclose(answer[:, -1], torch.full((2,), 3.2))


def test_the_last_step_takes_what_is_left() -> None:
    cell = halting(Pondering("tanh", 3, 5, most=2), -20.0)
    answer, _ = cell(torch.randn(2, 3), torch.randn(2, 5))
    assert torch.allclose(answer[:, -1], torch.full((2,), 3.0), atol=1e-5)  # two steps, all in the remainder


def test_steps_cost() -> None:
    """The price has the gradient of cost × mean(steps + remainder), and nothing behind the ends of lists."""
    module = built(AdaptiveComputation(inputs=["particles"], width=5, most=4, cost=0.5)).train()
    given, halt = lists(3, 1), module.body.stepping.cell.halt.bias
    price = module.body.stepping(given).values[:, -1].mean() * 0.5
    (expected,) = torch.autograd.grad(price, [halt])
    (got,) = torch.autograd.grad(0 * module.body(given).values.sum(), [halt])
    assert torch.allclose(got, expected, atol=1e-6)
    assert float(expected.abs()) > 0


def test_a_head_that_stays_steps_and_finds() -> None:
    """One head at row 1 of 4: without gate it stays or steps on; with gate it goes to the row that is alike."""
    cell = ExternalMemory(3, 5, (4, 2), heads=1, shift=1)
    nn.init.zeros_(cell.address.weight)
    memory = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]])
    places = torch.tensor([[[0.0, 1.0, 0.0, 0.0]] * 2])
    ask = cell.address.bias.data.reshape(2, 2 + 3 + 3)
    sharp = 20.0
    for gate, shift, row in ((-50.0, [0.0, 50.0, 0.0], 1), (-50.0, [0.0, 0.0, 50.0], 2), (50.0, [0.0, 50.0, 0.0], 3)):
        ask[:] = torch.tensor([0.0, -9.0, 50.0, gate, sharp, *shift])
        moved = cell.moved(torch.zeros(1, 5), memory, places)
        assert moved.argmax(2).tolist() == [[row, row]]
        assert torch.allclose(moved.sum(2), torch.ones(1, 2))


def test_writing_erases_and_adds() -> None:
    cell = ExternalMemory(3, 5, (2, 2), heads=1, shift=1)
    nn.init.zeros_(cell.change.weight)
    cell.change.bias.data = torch.tensor([50.0, -50.0, 50.0, 0.0])  # erase the first number, add 1 to it
    places = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])  # reads row 0, writes row 1
    written = cell.written(torch.zeros(1, 5), torch.full((1, 2, 2), 3.0), places)
    assert torch.allclose(written, torch.tensor([[[3.0, 3.0], [1.0, 3.0]]]))


TABLE = Columns(
    table=ColumnType(shape=(2,), jagged=True), words=ColumnType(shape=(3,), jagged=True),
    number=ColumnType(jagged=True), x=ColumnType(),
)  # fmt: skip


def programmed(*steps: tuple[str, int]) -> Programmer:
    """A programmer that is told its operations and columns."""
    module = NeuralProgrammer(inputs=["table"], question="words", number="number", steps=len(steps), sharpness=200.0)
    built = module.build(TABLE, 1).eval()
    chosen = iter(steps)

    def operation(seen: torch.Tensor) -> torch.Tensor:
        built.now = next(chosen)
        return 60 * nn.functional.one_hot(torch.tensor(OPERATIONS.index(built.now[0])), 8).float().expand(len(seen), 8)

    built.operation.forward = operation
    built.column.forward = lambda seen: 60 * torch.eye(2)[built.now[1]].expand(len(seen), 2)
    built.pivots = lambda read, number: torch.full((len(read), 2), 0.5)
    return built


@pytest.mark.parametrize(
    ("steps", "answers"),
    [
        ([("count", 0)], [3.0, 0.0]),
        ([("sum", 1)], [12.0, 0.0]),
        ([("greater", 0), ("count", 0)], [2.0, 0.0]),
        ([("greater", 0), ("sum", 1)], [9.0, 0.0]),
        ([("less", 0), ("sum", 1)], [3.0, 0.0]),
        ([("greater", 0), ("less", 0), ("or", 0), ("count", 0)], [3.0, 0.0]),
        ([("greater", 0), ("less", 0), ("and", 0), ("count", 0)], [0.0, 0.0]),
        ([("greater", 0), ("reset", 0), ("count", 0)], [3.0, 0.0]),
        ([("sum", 1), ("reset", 0), ("sum", 0), ("difference", 0)], [12.0 - 2.0, 0.0]),
    ],
    ids=str,
)
def test_programs_by_hand(steps: list, answers: list) -> None:
    table = Jagged(torch.tensor([[0.2, 3.0], [0.8, 4.0], [1.0, 5.0]]), torch.tensor([0, 3, 3]))
    words, number = lists(2, 1), Jagged(torch.zeros(3), torch.tensor([0, 2, 3]))
    got = programmed(*steps)(table, words, number)
    assert got[:, 0].tolist() == pytest.approx(answers, abs=1e-3)


def test_pivots_come_from_the_question() -> None:
    module = NeuralProgrammer(inputs=["table"], question="words", number="number").build(TABLE, 1)
    nn.init.zeros_(module.pivot.weight)
    nn.init.zeros_(module.pivot.bias)
    read = module.reader(lists(2, 0))
    for numbers, pivot in (([0.4, 0.0], 0.2), ([0.4, nan], 0.4), ([nan, nan], 0.0)):
        got = module.pivots(read, torch.tensor(numbers)[:, None])
        assert got.tolist() == [pytest.approx([pivot, pivot]), [0, 0]]


def test_what_is_no_table() -> None:
    with pytest.raises(WiringError, match="'x' must be a list"):
        NeuralProgrammer(inputs=["x"], question="words", number="number").build(TABLE, 1)
    with pytest.raises(WiringError, match="answers one number, but 2 are asked for"):
        NeuralProgrammer(inputs=["table"], question="words", number="number").build(TABLE, 2)
