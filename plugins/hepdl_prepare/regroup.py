"""Regroup: events again, where each row has been an object."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from hepdl.algorithm import Contraction
from hepdl.columns import Columns
from hepdl.events import Column, Events, Jagged


class Regroup(Contraction):
    """Makes events of the objects that ``ForEach`` made: behind it ``FatJet_score`` is a list in each event.

    What has been a column of the event before ``ForEach`` is one again; every other column becomes a list with one
    value for each object that is left, in their order. Columns that are lists for each object are not there any more.
    An event without an object that is left is rejected, and counted under the name of this step. Stands behind the
    steps that learn from objects; behind it steps may learn from events. A writer then writes one row an event.
    """

    def after(self, columns: Columns, of_event: Collection[str]) -> Columns:
        """Columns of the event as they are, the others as lists."""
        kept = {name: kind for name, kind in columns.items() if name in of_event or not kind.jagged}
        return Columns({n: kind if n in of_event else replace(kind, jagged=True) for n, kind in kept.items()})

    def execute(self, events: Events, of_event: Collection[str]) -> Events:
        """One row an event."""
        entries = events["entry"]
        first = np.flatnonzero(np.diff(entries, prepend=entries[:1] - 1))
        lengths = np.diff(np.append(first, len(events)))
        head = events.only([name for name in events if name in of_event]).take(first)
        lists: dict[str, Column] = {
            name: Jagged.from_lengths(column, lengths)
            for name, column in events.items()
            if name not in of_event and not isinstance(column, Jagged)
        }
        return head.plus(lists, self.label)
