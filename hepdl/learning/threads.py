"""How many CPU threads a training step deserves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

SMALL = 2e8
"""Multiplications in a forward pass below which one thread is faster, or as fast without spinning others."""


@contextmanager
def threads_for(parameters: int, batch: int, device: str) -> Iterator[None]:
    """One thread for small steps on the CPU, what torch was given for large ones.

    The choice depends on the sizes alone, not on the load or the machine, so that sums are added in the same order
    each time.
    """
    import torch

    before = torch.get_num_threads()
    if str(device) == "cpu" and parameters * batch < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
