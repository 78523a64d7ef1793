"""Ledger: what became of every entry of every file, and of every object where entries became objects."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from hepdl.errors import UnaccountedEntries
from hepdl.sources import PARTS, Source

COUNTS = ("read", "rejected", "expanded", "objects", "rejected_objects")
"""What decoding a file counts."""


@dataclass
class FileAccount:
    """One input file: where its entries went. ``entries`` = ``not_read`` + Σ ``rejected`` + Σ ``parts``.

    Where entries became objects, ``entries`` = ``not_read`` + Σ ``rejected`` + ``expanded``, and Σ ``objects`` =
    Σ ``rejected_objects`` + Σ ``parts``.
    """

    sample: str
    path: str
    uuid: str
    entries: int
    first: int = 0
    """First entry that was asked for."""
    stop: int = 0
    """Entry before which reading was to stop."""
    read: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    """Entries rejected by each selection, under its label."""
    expanded: int = 0
    """Entries that became objects, any number of them."""
    objects: dict[str, int] = field(default_factory=dict)
    """Objects that the entries became, under the label of the step; empty where entries stay entries."""
    rejected_objects: dict[str, int] = field(default_factory=dict)
    """Objects rejected by each selection behind that step, under its label."""
    regrouped: int | None = None
    """Objects that became events again, and so are in ``parts`` as these; None where nothing did that. Entries that had
    none left are in ``rejected``."""
    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    """Selected entries, or objects, in each part."""
    sum_weights: float = 0.0
    """Sum of weights of the entries read."""
    sum_weights_selected: float = 0.0

    @property
    def selected(self) -> int:
        """Entries, or objects, that passed every selection."""
        return sum(self.parts.values())

    @property
    def unaccounted(self) -> int:
        """Entries (objects) that were to be read and are found nowhere (or twice, when negative)."""
        lost_reading = (self.stop - self.first) - self.read
        left = self.read - sum(self.rejected.values())
        if not self.objects:
            return lost_reading or left - self.selected
        left_objects = sum(self.objects.values()) - sum(self.rejected_objects.values())
        if self.regrouped is not None:
            return lost_reading or left - self.selected or left_objects - self.regrouped
        lost_objects = left_objects - self.selected
        return lost_reading or left - self.expanded or lost_objects

    def counts(self) -> dict[str, Any]:
        """What decoding the file counted."""
        return {name: getattr(self, name) for name in COUNTS}

    def recall(self, counts: dict[str, Any]) -> None:
        """Take over what :meth:`counts` said when the file was decoded."""
        for name in COUNTS:
            setattr(self, name, counts[name])


@dataclass
class Ledger:
    """All files of a run, and those that were skipped by the user's leave."""

    files: list[FileAccount] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a physicist should know about the counts: fallbacks, rescaling, dropped weights."""

    @classmethod
    def of(cls, sources: list[Source]) -> Ledger:
        """An account for each file, in order."""
        return cls([FileAccount(s.sample.name, s.path, s.uuid, s.entries) for s in sources])

    def read(self, source: Source, weights: np.ndarray) -> None:
        """Entries of a file came in, with these weights."""
        account = self.files[source.index]
        account.read += len(weights)
        account.sum_weights += float(np.sum(weights, dtype=np.float64))

    def reject(self, label: str, sources: np.ndarray, objects: bool = False) -> None:
        """A selection rejected entries, or objects, of these files (index of the file of each)."""
        for index, count in zip(*np.unique(sources, return_counts=True), strict=True):
            account = self.files[int(index)]
            rejected = account.rejected_objects if objects else account.rejected
            rejected[label] = rejected.get(label, 0) + int(count)

    def expand(self, label: str, sources: np.ndarray, lengths: np.ndarray) -> None:
        """Entries of these files became objects: index of the file of each entry, and number of its objects."""
        for index in np.unique(sources):
            account, mine = self.files[int(index)], sources == index
            account.expanded += int(mine.sum())
            account.objects[label] = account.objects.get(label, 0) + int(lengths[mine].sum())

    def regroup(self, label: str, objects: np.ndarray, events: np.ndarray) -> None:
        """Objects became events again: index of the file of each object, and of each event."""
        for index, account in enumerate(self.files):
            account.regrouped = int((objects == index).sum())
            empty = account.expanded - int((events == index).sum())
            if empty:
                account.rejected[label] = empty

    def divide(self, sources: np.ndarray, parts: np.ndarray, weights: np.ndarray) -> None:
        """State where the selected entries are: file, part and weight of each. Replaces what was stated before."""
        for index, account in enumerate(self.files):
            mine = sources == index
            counts = np.bincount(parts[mine], minlength=len(PARTS))
            account.parts = {name: int(n) for name, n in zip(PARTS, counts, strict=True)}
            account.sum_weights_selected = float(np.sum(weights[mine], dtype=np.float64))

    def note(self, text: str) -> None:
        """Add a remark once."""
        if text not in self.notes:
            self.notes.append(text)

    def verify(self) -> None:
        """Raise when an entry is lost or counted twice."""
        wrong = [account for account in self.files if account.unaccounted]
        if wrong:
            raise UnaccountedEntries(
                "entries are unaccounted for: " + "; ".join(f"{a.path}: {a.unaccounted}" for a in wrong)
            )

    def totals(self) -> dict[str, int]:
        """Sums over all files: entries, read, rejected, selected and each part."""
        sums = {"entries": sum(a.entries for a in self.files), "read": sum(a.read for a in self.files)}
        sums["rejected"] = sum(sum(a.rejected.values()) for a in self.files)
        if any(a.objects for a in self.files):
            sums["expanded"] = sum(a.expanded for a in self.files)
            sums["objects"] = sum(sum(a.objects.values()) for a in self.files)
            sums["rejected_objects"] = sum(sum(a.rejected_objects.values()) for a in self.files)
        if any(a.regrouped is not None for a in self.files):
            sums["regrouped"] = sum(a.regrouped or 0 for a in self.files)
        sums["selected"] = sum(a.selected for a in self.files)
        return sums | {part: sum(a.parts[part] for a in self.files) for part in PARTS}

    def to_json(self) -> dict[str, Any]:
        """The whole ledger as plain data."""
        return {
            "files": [asdict(account) for account in self.files],
            "skipped": self.skipped,
            "notes": self.notes,
            "totals": self.totals(),
        }
