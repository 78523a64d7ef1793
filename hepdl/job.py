"""What a run tells its steps: device, seed, folder, log, column types."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hepdl.columns import Columns

if TYPE_CHECKING:
    import torch
    from matplotlib.figure import Figure

    from hepdl.data.cache import Cache
    from hepdl.data.table import Table
    from hepdl.ledger import Ledger
    from hepdl.sources import Source


@dataclass(frozen=True)
class Job:
    """One run, as one step sees it."""

    folder: Path | None = None
    """The run folder; None for a run that leaves nothing on disk (tests, the contract)."""
    device: str = "cpu"
    seed: int = 1
    """Seed of everything random; steps derive theirs with :meth:`seed_of` and :meth:`generator`."""
    epochs: int | None = None
    """Overrides the number of epochs of every step that has one."""
    smoke: bool = False
    """A short run to see that all works: steps may train just a little, their plots are not meant."""
    resume: bool = False
    """Steps that learn continue from their checkpoint where there is one."""
    step: str = ""
    """Label of the step that this copy is for."""
    columns: Columns = field(default_factory=Columns)
    """Types of the columns before this step."""
    sources: tuple[Source, ...] = ()
    siblings: tuple[Source, ...] = ()
    """Where files are taken one by one: all of them, so that what is written for two has two names."""
    look: Callable[[Table], None] | None = None
    """Sees the selected events before any step on the device does."""
    may_be_empty: bool = False
    """No event at all may be left, as in one file of many; else that is an error."""
    ledger: Ledger | None = None
    cache: Cache | None = None
    """Where decoded columns are kept; None keeps them in memory, for this run alone."""
    memory_mb: float | None = None
    """Memory for the events of one part; half of this machine's (or the device's) when None."""
    modules: dict[str, Any] = field(default_factory=dict)
    """Label → frozen torch module of each step on the device that is ready: what reports about networks look at."""
    checkpoint_seconds: float = 60.0
    """Time between two checkpoints of a step that learns."""
    until: float | None = None
    """Wall-clock time (``time.time()``) at which to write a checkpoint and stop; None for no limit."""

    def for_step(self, label: str, columns: Columns) -> Job:
        """The copy that the step ``label`` gets."""
        return replace(self, step=label, columns=columns)

    @property
    def log(self) -> logging.Logger:
        """Log of this step: ``hepdl.<label>``; its level can be set from the command line."""
        return logging.getLogger(f"hepdl.{self.step}" if self.step else "hepdl")

    @property
    def memory_bytes(self) -> float:
        """Memory for the events of one part."""
        if self.memory_mb is not None:
            return self.memory_mb * 1e6
        if self.device.startswith("cuda"):
            import torch

            return 0.5 * torch.cuda.get_device_properties(torch.device(self.device)).total_memory
        return 0.5 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

    def seed_of(self, *keys: object) -> int:
        """A seed for one purpose, independent of all others: from the run's seed, the step and ``keys``."""
        text = repr((self.seed, self.step, *keys)).encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 1

    def generator(self, *keys: object) -> torch.Generator:
        """A torch generator on the CPU, seeded by :meth:`seed_of`."""
        import torch

        return torch.Generator().manual_seed(self.seed_of(*keys))

    def path(self, *names: str) -> Path | None:
        """A path in the run folder, its parents made; None without a folder."""
        if self.folder is None:
            return None
        path = self.folder.joinpath(*names)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def picture(self, name: str, figure: Figure) -> None:
        """Save a figure as ``plots/<name>.pdf`` and ``.png`` and close it."""
        import matplotlib.pyplot as plt

        for kind in ("pdf", "png"):
            path = self.path("plots", f"{name}.{kind}")
            if path is not None:
                figure.savefig(path, dpi=150, bbox_inches="tight")
        plt.close(figure)

    def numbers(self, name: str, values: dict[str, Any]) -> None:
        """Save numbers as ``plots/<name>.json``, the same that the picture shows."""
        path = self.path("plots", f"{name}.json")
        if path is not None:
            path.write_text(json.dumps(values, indent=1, default=_plain) + "\n")

    def metric(self, **values: Any) -> None:
        """Append one line to ``metrics.jsonl`` (step, then ``values``: numbers and short texts)."""
        path = self.path("metrics.jsonl")
        if path is not None:
            with path.open("a") as lines:
                lines.write(json.dumps({"step": self.step} | values, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    """A numpy or torch scalar or array as JSON can hold it."""
    return value.tolist()
