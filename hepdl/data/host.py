"""Host steps over one block: columns are added, rejected events are counted and leave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hepdl.algorithm import Algorithm, Expansion, Selection, Step
from hepdl.chain import host_names
from hepdl.clock import Clock
from hepdl.description import Output
from hepdl.errors import BadValues
from hepdl.events import Column, Events
from hepdl.expressions import parse
from hepdl.ledger import Ledger


class Evaluated(Algorithm):
    """An expression among the parameters of a later step, as a column that is named by its text."""

    text: Output
    """The expression."""
    step: str
    """Label of the step, for messages."""

    def reads(self) -> list[str]:
        return list(parse(self.text, self.step).names)

    def execute(self, events: Events) -> dict[str, Column]:
        return {self.text: parse(self.text, self.step).evaluate(events, self.before)}


def needed_steps(steps: Sequence[Step], names: Sequence[str]) -> list[Step]:
    """The steps that some columns need, as far as they need them, and all that decide which rows there are."""
    needed, wanted = list[Step](), set(names)
    for step in reversed(steps):
        made = wanted & set(step.wired("output"))
        if isinstance(step, Selection | Expansion) or made:
            step = step.making(made) if isinstance(step, Algorithm) else step  # noqa: PLW2901
            needed.append(step)
            wanted |= host_names(step)
    return needed[::-1]


def columns_from_outside(steps: Sequence[Step], names: Sequence[str], made: set[str]) -> set[str]:
    """Columns that must be there before the steps run, so that they can run and ``names`` be there after them."""
    outside: set[str] = set()
    made = set(made)
    for step in steps:
        outside |= host_names(step) - made
        made |= set(step.wired("output")) | set(step.wired("expression"))
    return outside | (set(names) - made)


def apply_host_steps(events: Events, steps: Sequence[Step], ledger: Ledger, clock: Clock) -> Events:
    """Run host steps over a block."""
    for step in steps:
        with clock.time(step.label, "execute", alone=False):
            events = with_expressions(events, step)
            if isinstance(step, Selection):
                mask = step.execute(events)
                ledger.reject(step.label, events["source"][~mask], "object" in events)
                events = events.where(mask)
            elif isinstance(step, Expansion):
                events = expanded(events, step, ledger)
            elif isinstance(step, Algorithm):
                added = step.execute(events)
                if getattr(step, "replace", False):
                    events = Events(events.columns() | added, len(events))
                else:
                    events = events.plus(added, step.label)
    return events


def expanded(events: Events, step: Expansion, ledger: Ledger) -> Events:
    """One row an object; the column ``objects`` says how many objects each entry has in its file.

    Raises:
        BadValues: an earlier step has changed the number of objects.
    """
    lengths = step.lengths(events)
    other = np.flatnonzero(lengths != events["objects"])
    if other.size:
        row = int(other[0])
        raise BadValues(
            f"{step.label}: entry {events['entry'][row]} has {events['objects'][row]} objects in its file, but "
            f"{lengths[row]} here, so that nothing could be written in line with the file; reject objects with a "
            f"selection behind {step.label}"
        )
    ledger.expand(step.label, events["source"], lengths)
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return step.execute(events).plus({"object": place.astype(np.int32)}, step.label)


def with_expressions(events: Events, step: Step) -> Events:
    """The events and the columns that the expressions among a step's parameters become."""
    texts = [text for text in step.wired("expression") if text not in events]
    return events.plus({text: parse(text, step.label).evaluate(events, step.before) for text in texts}, step.label)
