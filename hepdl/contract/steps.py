"""Checks of steps that turn events into columns: each says what is wrong, or nothing."""

from __future__ import annotations

import numpy as np

from hepdl.algorithm import DeviceAlgorithm, Expansion, Learner, Selection
from hepdl.contract.comparison import differing, joined, snapshot, type_of
from hepdl.contract.life import Life, Subject
from hepdl.events import Column, Events, Jagged


def declared(subject: Subject) -> str:
    """It adds the columns that it declares, of the declared types, one row an event."""
    if isinstance(subject.step, Selection):
        return _mask_problem(subject.answer["mask"], len(subject.events))
    promised = {name: str(kind) for name, kind in subject.step.declare(subject.columns).items()}
    given = {name: type_of(column) for name, column in subject.answer.items()}
    if promised != given:
        return f"declare() says {promised}, execute() gives {given}"
    lengths = {name: len(column) for name, column in subject.answer.items() if len(column) != len(subject.events)}
    return f"{len(subject.events)} events came in, but columns of other lengths came out: {lengths}" if lengths else ""


def objects(subject: Subject) -> str:
    """It gives one row an object, in the order of the events, with all columns of the block in the declared types."""
    assert isinstance(subject.step, Expansion)
    lengths = subject.step.lengths(subject.events)
    rows = np.repeat(subject.events["entry"], lengths)
    if not np.array_equal(rows, subject.answer.get("entry", rows[:0])):
        return f"lengths() promises {len(rows)} objects, but execute() does not give that many rows of these entries"
    before = {name: type_of(column) for name, column in subject.events.items()}
    declared = {name: str(kind) for name, kind in subject.step.declare(subject.columns).items() if name in before}
    given = {name: type_of(column) for name, column in subject.answer.items()}
    return "" if given == before | declared else f"the columns should be {before | declared}, execute() gives {given}"


def unchanged(subject: Subject) -> str:
    """It leaves the columns that it reads as they are."""
    given = Events(snapshot(subject.events))
    subject.cpu.execute_on(given)
    return differing(subject.events, given)


def empty(subject: Subject) -> str:
    """A block without events gives columns without rows."""
    answer = subject.cpu.execute(subject.events.rows(0, 0))
    none = {name: column[:0] if isinstance(column, np.ndarray) else column.take(np.arange(0)) for name, column in
            subject.answer.items()}  # fmt: skip
    return differing(none, answer)


def one_event(subject: Subject) -> str:
    """A block of one event gives what that event gets among others, also when its lists are empty."""
    rows = {0, len(subject.events) - 1} | set(_first_without_particles(subject))
    for row in sorted(rows):
        answer = subject.cpu.execute(subject.events.rows(row, row + 1))
        expected = _rows(subject.answer, row, row + 1)
        problem = differing(expected, answer, *_tolerance(subject))
        if problem:
            return f"event {row} alone: {problem}"
    return ""


def any_block(subject: Subject) -> str:
    """What an event gets does not depend on the block that it comes in."""
    middle = len(subject.events) // 3
    parts = [subject.events.rows(0, middle), subject.events.rows(middle, len(subject.events))]
    answer = joined(*(subject.cpu.execute(part) for part in parts))
    problem = differing(subject.answer, answer, *_tolerance(subject))
    return f"{problem} when the events come in two blocks" if problem else ""


def repeats(subject: Subject) -> str:
    """The same seed gives the same state and the same answer, to the last bit."""
    again = Life(subject, "cpu")
    other = [name for name, value in subject.cpu.state().items() if not _same_bits(value, again.state().get(name))]
    if other:
        return f"state '{other[0]}' differs between two runs with one seed; draw from job.generator()"
    problem = differing(subject.answer, again.execute(subject.events))
    return f"{problem} between two runs with one seed; draw from job.generator()" if problem else ""


def saves(subject: Subject) -> str:
    """Its saved state, loaded into a fresh copy, gives the same answer."""
    from safetensors.torch import load, save

    reborn = Life(subject, "cpu", load(save(subject.cpu.state())))
    problem = differing(subject.answer, reborn.execute(subject.events))
    return f"{problem} after saving and loading: all that is learned belongs into self.module" if problem else ""


def on_the_device(subject: Subject) -> str:
    """On the device it gives what it gives on the CPU, and all its tensors live there."""
    life, answer = subject.abroad
    astray = _astray(life)
    if astray:
        return astray
    problem = differing(subject.answer, answer, subject.rtol, subject.atol)
    return f"{problem} between the CPU and the device {subject.device}" if problem else ""


def no_waiting(subject: Subject) -> str:
    """The host does not wait for the device in execute or in a training step (or ``synchronises`` says why)."""
    assert isinstance(subject.step, DeviceAlgorithm)
    if subject.device != "shadow" or subject.step.synchronises:
        return ""
    life, _ = subject.abroad
    for where, waits in (("a training step", life.waits_in_steps), ("execute()", life.waits_in_execute)):
        if waits:
            places = "; ".join(sorted({str(wait) for wait in waits})[:5])
            return f"{len(waits)} waits in {where}: {places}; use tensors and weights, or declare synchronises"
    return ""


HOST = [declared, unchanged, empty, one_event, any_block, repeats]
EXPANSION = [objects, unchanged, empty, any_block, repeats]
DEVICE = [*HOST, saves, on_the_device, no_waiting]


def _mask_problem(mask: Column, n: int) -> str:
    if isinstance(mask, np.ndarray) and mask.dtype == bool and mask.shape == (n,):
        return ""
    return f"a selection answers with a mask of {n} booleans, not {type_of(mask)} of {len(mask)} rows"


def _rows(answer: dict[str, Column], start: int, stop: int) -> dict[str, Column]:
    rows = np.arange(start, stop)
    return {name: column.take(rows) if isinstance(column, Jagged) else column[rows] for name, column in answer.items()}


def _first_without_particles(subject: Subject) -> list[int]:
    lists = [column for column in subject.events.columns().values() if isinstance(column, Jagged)]
    return [int(np.flatnonzero(column.lengths == 0)[0]) for column in lists if (column.lengths == 0).any()]


def _tolerance(subject: Subject) -> tuple[float, float]:
    return (subject.rtol, subject.atol) if isinstance(subject.step, DeviceAlgorithm) else (0.0, 0.0)


def _same_bits(one: object, other: object) -> bool:
    import torch

    if not (isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor)):
        return False
    return one.shape == other.shape and one.numpy().tobytes() == other.numpy().tobytes()


def _astray(life: Life) -> str:
    assert isinstance(life.step, DeviceAlgorithm)
    places = {name: tensor.device.type for name, tensor in life.step.module.state_dict().items()}
    wrong = [name for name, place in places.items() if place != life.device.split(":")[0]]
    after = "fit()" if isinstance(life.step, Learner) else "build()"
    return f"'{wrong[0]}' of the module is on {places[wrong[0]]} after {after}" if wrong else ""
