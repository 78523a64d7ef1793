"""Clock: what each step cost, for the table at the end of a job."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Cost:
    """Calls, seconds and memory of one step in one phase."""

    step: str
    phase: str
    """``read``, ``execute``, ``fit`` or ``finalize``."""
    calls: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    """Growth of the process's peak resident memory meanwhile."""
    waiting_s: float = 0.0
    """Time in which a training waited for its data."""


class Clock:
    """Adds up the cost of every step and phase, in the order in which they first ran."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self._costs: dict[tuple[str, str], Cost] = {}

    @contextmanager
    def time(self, step: str, phase: str) -> Iterator[Cost]:
        """Charge what happens inside to a step and phase."""
        cost = self._costs.setdefault((step, phase), Cost(step, phase))
        wall, cpu, memory = time.perf_counter(), time.process_time(), _peak_mb()
        try:
            yield cost
        finally:
            cost.calls += 1
            cost.wall_s += time.perf_counter() - wall
            cost.cpu_s += time.process_time() - cpu
            cost.memory_mb += _peak_mb() - memory

    @property
    def costs(self) -> list[Cost]:
        """All costs, in order."""
        return list(self._costs.values())

    @property
    def elapsed(self) -> float:
        """Seconds since the clock was made."""
        return time.perf_counter() - self.began


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
