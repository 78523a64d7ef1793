"""Checks of augmentations in training: each says what is wrong, or nothing."""

from __future__ import annotations

from hepdl.contract.comparison import differing, joined, snapshot, type_of
from hepdl.contract.life import Life, Subject, on_device
from hepdl.events import Column, Events


def varies(subject: Subject) -> str:
    """In training it gives the columns that it gives elsewhere, of the same types, and other values in each epoch."""
    varied = [subject.cpu.vary(subject.events, epoch) for epoch in (0, 1)]
    expected, given = _types(subject.answer), _types(varied[0])
    if expected != given:
        return f"execute() gives {expected}, vary() gives {given}"
    if not differing(subject.answer, varied[0]):
        return "vary() gives what execute() gives"
    return (
        ""
        if differing(varied[0], varied[1])
        else "vary() gives the same in two epochs; draw from the noise that it is handed"
    )


def varies_alone(subject: Subject) -> str:
    """How it varies an event depends on the event and the epoch, not on the block, and repeats to the last bit."""
    events, middle = subject.events, len(subject.events) // 3
    whole = subject.cpu.vary(events)
    problem = differing(whole, Life(subject, "cpu", subject.cpu.state()).vary(events))
    if problem:
        return f"{problem} between two runs with one seed; draw from the noise that it is handed"
    cuts = [(0, middle), (middle, middle), (middle, middle + 1), (middle + 1, len(events))]
    parts: dict[str, Column] = {}
    for start, stop in cuts:
        part = subject.cpu.vary(events.rows(start, stop))
        parts = joined(parts, part) if parts else part
    problem = differing(whole, parts, subject.rtol, subject.atol)
    return f"{problem} when the events come in other blocks" if problem else ""


def varies_copies(subject: Subject) -> str:
    """In training too it leaves the columns that it reads as they are."""
    given = Events(snapshot(subject.events))
    subject.cpu.vary_these(given)
    return differing(subject.events, given)


def varies_abroad(subject: Subject) -> str:
    """On the device it varies as on the CPU, and the host does not wait (or ``synchronises`` says why)."""
    with on_device(subject.device):
        life = Life(subject, subject.device, subject.cpu.state())
        varied = life.vary(subject.events)
    problem = differing(subject.cpu.vary(subject.events), varied, subject.rtol, subject.atol)
    if problem:
        return f"{problem} between the CPU and the device {subject.device}"
    waits = [] if life.step.synchronises else life.waits_in_execute  # type: ignore[attr-defined]
    places = "; ".join(sorted({str(wait) for wait in waits})[:5])
    return f"{len(waits)} waits in vary(): {places}; use tensors, or declare synchronises" if waits else ""


VARIATION = [varies, varies_alone, varies_copies, varies_abroad]


def _types(columns: dict[str, Column]) -> dict[str, str]:
    return {name: type_of(column) for name, column in columns.items()}
