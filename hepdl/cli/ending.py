"""What is said at the end of a job: cost of each step, what became of the entries, results and where they are."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from hepdl.algorithm import Expansion, Selection
from hepdl.cli.text import table
from hepdl.sources import PARTS

if TYPE_CHECKING:
    from hepdl.clock import Cost
    from hepdl.engine import Outcome
    from hepdl.ledger import FileAccount, Ledger

MOST_FILES = 20
"""Files of a run up to which each one has its line on the screen; ``ledger.json`` always has all."""

LONG_WAIT, LONG_WAIT_S = 0.05, 1.0
"""Share and seconds of waiting from which on it is worth a line."""

NEGLIGIBLE_S = 1e-3
"""Seconds below which the end of a step is not worth a line."""


def ending(outcome: Outcome, device: str, folder: Path) -> str:
    """All tables, the words of reports and writers, and one line about the whole run."""
    pictures = sorted(str(path) for path in folder.glob("plots/*.png"))
    selections = [step.label for step in outcome.steps if isinstance(step, Selection | Expansion)]
    costs = "\n".join([cost_table(outcome.clock.costs), *waits(outcome.clock.costs, outcome.ledger.notes)])
    blocks = [costs, ledger_table(outcome.ledger, selections), "\n".join(outcome.summaries)]
    blocks += ["pictures:\n  " + "\n  ".join(pictures)] if pictures else []
    return "\n\n".join([*filter(None, blocks), last_line(outcome, device, folder)])


def cost_table(costs: list[Cost]) -> str:
    """Per step and phase: calls, wall and CPU time, memory, time a call, time waited for data."""
    rows = [
        [c.step, c.phase, c.calls, c.wall_s, c.cpu_s, c.memory_mb, 1000 * c.wall_s / max(c.calls, 1), c.waiting_s]
        for c in costs
        if c.phase != "finalize" or c.wall_s > NEGLIGIBLE_S
    ]
    return table(["step", "phase", "calls", "wall [s]", "CPU [s]", "memory [MB]", "ms/call", "waiting [s]"], rows)


def waits(costs: list[Cost], notes: list[str]) -> list[str]:
    """What was waited for, where it was long, and what to change."""
    lines = []
    for cost in costs:
        if cost.waiting_s < LONG_WAIT_S or cost.waiting_s < LONG_WAIT * cost.wall_s:
            continue
        if cost.phase == "read":
            what = "files to be decoded; a run that finds their columns in the cache does not (hepdl cache list)"
        elif any(note.startswith(f"{cost.step}: train") for note in notes):
            what = "pools of events to be read; they fit at once with a larger --memory"
        else:
            what = "batches to be put together; larger batches cost less an event"
        lines.append(f"{cost.step} ({cost.phase}): {cost.waiting_s:.1f} s were spent waiting for {what}")
    return lines


def ledger_table(ledger: Ledger, steps: list[str]) -> str:
    """Per file (when there are few) and per sample what became of the entries.

    ``steps`` are, in order, what rejects, and what makes objects of the entries that are left.
    """
    made = {label for account in ledger.files for label in account.objects}
    counts = [f"= objects of {label}" if label in made else f"- {label}" for label in steps]
    head = ["sample", "file", "on disk", "read", *counts, *PARTS, "sum of weights"]
    rows = []
    for sample in dict.fromkeys(account.sample for account in ledger.files):
        files = [account for account in ledger.files if account.sample == sample]
        few = files if len(ledger.files) <= MOST_FILES else []
        rows += [_account(sample, Path(f.path).name, [f], steps) for f in few]
        rows += [_account(sample, f"all {len(files)} files", files, steps)] if len(files) > 1 or not few else []
    skipped = [f"skipped: {item.get('path')}: {item.get('reason')}" for item in ledger.skipped]
    return "\n".join([table(head, rows), *skipped, *[f"note: {note}" for note in ledger.notes]])


def _account(sample: str, name: str, files: list[FileAccount], steps: list[str]) -> list[object]:
    counts = [sum((f.rejected | f.objects | f.rejected_objects).get(label, 0) for f in files) for label in steps]
    parts = [sum(f.parts[part] for f in files) for part in PARTS]
    read = [sum(f.entries for f in files), sum(f.read for f in files)]
    return [sample, name, *read, *counts, *parts, math.fsum(f.sum_weights for f in files)]


def last_line(outcome: Outcome, device: str, folder: Path) -> str:
    """Entries read and accounted for, waiting, device, duration, folder."""
    totals, costs = outcome.ledger.totals(), outcome.clock.costs
    fitting = math.fsum(c.wall_s for c in costs if c.phase == "fit")
    waiting = math.fsum(c.waiting_s for c in costs if c.phase == "fit") / fitting if fitting else 0.0
    again = "regrouped" in totals  # what is selected are events, else maybe objects
    accounted = totals["rejected"] + (totals["selected"] if again else totals.get("expanded", totals["selected"]))
    objects = ""
    if "objects" in totals:
        found = totals.get("regrouped", totals["selected"]) + totals["rejected_objects"]
        objects = f"{totals['objects']:,} objects in them, {found:,} accounted for; "
    return (
        f"{totals['read']:,} entries read, {accounted:,} accounted for; {objects}"
        f"training waited {waiting:.1%} of its time for data; device {device}; "
        f"{outcome.clock.elapsed:.1f} s; everything is in {folder}"
    )
