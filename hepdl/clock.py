"""Clock: what each step cost, for the table at the end of a job."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock


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
    """Time in which a training, or the first pass, waited for its data."""


class Clock:
    """Adds up the cost of every step and phase, in the order in which they first ran."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self._costs: dict[tuple[str, str], Cost] = {}
        self._lock = Lock()

    @contextmanager
    def time(self, step: str, phase: str, alone: bool = True) -> Iterator[Cost]:
        """Charge what happens inside to a step and phase; only this thread's CPU time when it does not run alone."""
        cost, cpu_time = self._cost(step, phase), time.process_time if alone else time.thread_time
        wall, cpu, memory = time.perf_counter(), cpu_time(), _peak_mb()
        try:
            yield cost
        finally:
            with self._lock:
                cost.calls += 1
                cost.wall_s += time.perf_counter() - wall
                cost.cpu_s += cpu_time() - cpu
                cost.memory_mb += _peak_mb() - memory

    @contextmanager
    def waiting(self, step: str, phase: str) -> Iterator[None]:
        """Charge the time inside as waiting for what a step makes in another thread."""
        began = time.perf_counter()
        yield
        self._cost(step, phase).waiting_s += time.perf_counter() - began

    def _cost(self, step: str, phase: str) -> Cost:
        with self._lock:
            return self._costs.setdefault((step, phase), Cost(step, phase))

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
