"""Samples as a physicist names them, and the files they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from hepdl.description import Description

PARTS = ("train", "validation", "test")
"""The parts an event can belong to; a column ``part`` holds the index."""


class Sample(Description):
    """Files of one process: a name, where they are, and what is true for all their events."""

    positional: ClassVar[tuple[str, ...]] = ("name", "files")

    name: str = Field(min_length=1)
    """Name of the sample in ledger, plots and friend trees."""
    files: str | list[str] = Field(min_length=1)
    """Path, glob pattern, or a list of them; ``~`` and ``$VARIABLES`` are expanded."""
    label: int | float | str | None = None
    """True class or target of all events, or an expression over branches; none for unlabelled data."""
    weight: float | str = 1.0
    """Event weight: a number or an expression over branches; may be negative."""
    xsec: float | None = Field(None, gt=0, json_schema_extra={"unit": "pb"})
    """Cross-section; the weights are then scaled to cross-section over the sum of weights of all entries."""
    dataset: str = ""
    """Name that the split is keyed by; give variations of one sample the same one. The sample's name when empty."""
    role: str = "labelled"
    """What the events are used for by steps that tell roles apart, such as ``"labelled"`` or ``"data"``."""

    @property
    def key(self) -> str:
        """What the split is keyed by."""
        return self.dataset or self.name

    @property
    def patterns(self) -> list[str]:
        """The file patterns as a list."""
        return [self.files] if isinstance(self.files, str) else self.files


@dataclass(frozen=True)
class Source:
    """One input file of one sample, as it was when the run began."""

    index: int
    sample: Sample
    path: str
    entries: int
    """Entries on disk."""
    uuid: str
    """Identity of the file's content as the format gives it (ROOT: the file's UUID)."""
    tree: str = ""
    beside: tuple[str, ...] = ()
    """Paths of files whose columns stand beside its own, entry by entry."""
