"""What was asked of a run on the command line, as it is kept in its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hepdl.job import Job

SMOKE_ENTRIES, SMOKE_EPOCHS = 400, 1
COLUMNS = ".columns"
"""Folder in the run folder for the decoded columns of a run that keeps none; it goes when the run ends."""


@dataclass(frozen=True)
class Command:
    """The options that are no part of the chain."""

    script: str
    entries: int | None = None
    """At most this many entries of each sample."""
    skip: int = 0
    """Entries of each sample to pass over."""
    seed: int = 1
    device: str = "auto"
    epochs: int | None = None
    smoke: bool = False
    cache: bool = True
    """Keep decoded columns for later runs."""
    memory_mb: float | None = None
    """Memory for the events of one part."""
    levels: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    """The script's own arguments, behind ``--``."""
    plugins: list[str] = field(default_factory=list)
    """Folders of loose plugin files, absolute."""
    cwd: str = field(default_factory=lambda: str(Path.cwd()))
    """The folder that relative input paths start from."""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @property
    def limit(self) -> int | None:
        """Entries of each sample to read at most."""
        return SMOKE_ENTRIES if self.smoke and self.entries is None else self.entries

    def job(self, folder: Path, resume: bool = False) -> Job:
        """The job that the engine gets."""
        from hepdl.cli.device import resolved
        from hepdl.data.cache import Cache
        from hepdl.job import Job

        return Job(
            folder=folder, device=resolved(self.device), seed=self.seed, smoke=self.smoke, resume=resume,
            epochs=SMOKE_EPOCHS if self.smoke and self.epochs is None else self.epochs,
            cache=Cache.default() if self.cache else Cache(folder / COLUMNS), memory_mb=self.memory_mb,
        )  # fmt: skip
