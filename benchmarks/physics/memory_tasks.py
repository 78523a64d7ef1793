"""Small tasks that a cell can do because of how it is built, each with the plain LSTM that it is held against.

Batches are drawn without end; ``beyond`` asks for longer ones than there are in training.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from hepdl.algorithms import AdaptiveComputation, NeuralProgrammer, NeuralTuringMachine, Recurrent
from hepdl.columns import Columns, ColumnType
from hepdl.events import Column, Jagged
from hepdl.learning.parts import Network

Draw = Callable[[torch.Generator, int, bool], "Batch"]
"""(random numbers, events, beyond) → batch."""


@dataclass(frozen=True)
class Batch:
    """What networks are called with, and what they shall answer in the rows that count."""

    columns: dict[str, Column]
    target: torch.Tensor
    counts: torch.Tensor | None = None


@dataclass(frozen=True)
class Task:
    """A task: what it is, who does it, how long they may learn."""

    name: str
    text: str
    draw: Draw
    columns: Columns
    networks: dict[str, Network]
    outputs: int
    updates: int
    rate: float = 1e-3
    events: int = 32
    bits: bool = True
    """Whether the answers are bits, or numbers."""


def lists(block: torch.Tensor) -> Jagged:
    """A block ``[N, P, F]`` as lists of equal length."""
    n, length, width = block.shape
    return Jagged(block.reshape(n * length, width), torch.arange(n + 1) * length)


def number(random: torch.Generator, least: int, most: int) -> int:
    """A whole number, both ends possible."""
    return int(torch.randint(least, most + 1, (), generator=random))


BITS = 4


def copy(random: torch.Generator, events: int, beyond: bool) -> Batch:
    """Vectors of bits, a sign, then nothing, while the vectors must be said again."""
    length = number(random, 9, 12) if beyond else number(random, 1, 6)
    vectors = torch.randint(0, 2, (events, length, BITS), generator=random).float()
    given = torch.zeros(events, 2 * length + 1, BITS + 1)
    given[:, :length, :BITS], given[:, length, BITS] = vectors, 1
    target, counts = torch.zeros(events, 2 * length + 1, BITS), torch.zeros(events, 2 * length + 1, dtype=torch.bool)
    target[:, length + 1 :], counts[:, length + 1 :] = vectors, True
    return Batch({"given": lists(given)}, target.flatten(0, 1), counts.flatten())


def recall(random: torch.Generator, events: int, beyond: bool) -> Batch:
    """Vectors of bits, then one of them with a sign, then nothing, while the one behind it must be said."""
    items = number(random, 8, 12) if beyond else number(random, 2, 6)
    vectors = torch.randint(0, 2, (events, items, BITS), generator=random).float()
    asked = torch.randint(0, items - 1, (events,), generator=random)
    row = torch.arange(events)
    given = torch.zeros(events, items + 2, BITS + 1)
    given[:, :items, :BITS], given[:, items, :BITS], given[:, items, BITS] = vectors, vectors[row, asked], 1
    return Batch({"given": lists(given)}, vectors[row, asked + 1])


WIDTH = 8


def parity(random: torch.Generator, events: int, _: bool) -> Batch:
    """One vector, of which a few numbers, or all, are ±1 and the others 0: is the number of +1 odd?"""
    signs = torch.randint(0, 2, (events, WIDTH), generator=random)
    order = torch.rand(events, WIDTH, generator=random).argsort(1)
    there = order < torch.randint(1, WIDTH + 1, (events, 1), generator=random)
    given = (2 * signs - 1) * there
    return Batch({"given": lists(given.float()[:, None])}, ((signs * there).sum(1, keepdim=True) % 2).float())


def questions(random: torch.Generator, events: int, beyond: bool) -> Batch:
    """Tables of three columns, and: the sum of one, or the number of rows, where another is greater than a number? The
    LSTM gets words and rows as one list.
    """
    rows = number(random, 12, 20) if beyond else number(random, 4, 10)
    table = 2 * torch.rand(events, rows, 3, generator=random) - 1
    what, where, of, limit = _words(random, events)
    compared = table[torch.arange(events), :, where]
    chosen, summed = compared > limit, table[torch.arange(events), :, of]
    answer = torch.where(what == 0, (chosen * summed).sum(1), chosen.sum(1).float())
    words = torch.zeros(events, 3, 8)
    words[:, 0, :2] = functional.one_hot(what, 2).float()
    words[:, 1, 2:5], words[:, 2, 5:] = (functional.one_hot(each, 3).float() for each in (where, of))
    numbers = limit * torch.tensor([math.nan, 1.0, math.nan])
    columns = {"table": lists(table), "words": lists(words), "number": lists(numbers[:, :, None])}
    flat = torch.cat([words, numbers[:, :, None].nan_to_num(), torch.zeros(events, 3, 3)], 2)
    return Batch(columns | {"all": lists(torch.cat([flat, functional.pad(table, (9, 0))], 1))}, answer[:, None])


def _words(random: torch.Generator, events: int) -> tuple[torch.Tensor, ...]:
    """What is asked (0 or 1), where, of which column, and the limit ``[N, 1]``."""
    what, where, of = (torch.randint(0, most, (events,), generator=random) for most in (2, 3, 3))
    return what, where, of, torch.rand(events, 1, generator=random) * 1.2 - 0.6


def _columns(width: int) -> Columns:
    return Columns(given=ColumnType(shape=(width,), jagged=True))


def _memory(answers: str) -> dict[str, Network]:
    machine = NeuralTuringMachine(inputs=["given"], width=48, slots=16, cells=8, head=[], answers=answers)
    return {"cell": machine, "LSTM": Recurrent(inputs=["given"], layers=[64], head=[], answers=answers)}


TASKS = {
    task.name: task
    for task in (
        Task("copy", "bits wrong at 9 to 12 vectors, trained with 1 to 6", copy, _columns(BITS + 1),
             _memory("particle"), BITS, 3000, rate=2e-3, events=64),
        Task("recall", "bits wrong at 8 to 12 vectors, trained with 2 to 6", recall, _columns(BITS + 1),
             _memory("event"), BITS, 3000, rate=2e-3, events=64),
        Task("parity", "vectors wrong, 1 to 8 of 8 numbers are not 0", parity, _columns(WIDTH), {
            "cell": AdaptiveComputation(inputs=["given"], width=32, most=6, head=[], cost=1e-4),
            "LSTM": Recurrent(inputs=["given"], layers=[32], head=[]),
        }, 1, 4000, rate=3e-3, events=128),
        Task("table", "answers wrong by over 0.5 with 12 to 20 rows, trained with 4 to 10", questions, Columns(
            table=ColumnType(shape=(3,), jagged=True), words=ColumnType(shape=(8,), jagged=True),
            number=ColumnType(shape=(1,), jagged=True), all=ColumnType(shape=(12,), jagged=True),
        ), {
            "cell": NeuralProgrammer(inputs=["table"], question="words", number="number", steps=2),
            "LSTM": Recurrent(inputs=["all"], layers=[64], head=[]),
        }, 1, 1500, rate=1e-2, events=64, bits=False),
    )
}  # fmt: skip
