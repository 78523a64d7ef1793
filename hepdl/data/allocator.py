"""The allocator of the C library: memory of pools that are done with goes back to the system."""

from __future__ import annotations

import ctypes
import functools

LARGE = 2**21
"""Bytes from which on memory is taken from the system and given back each time."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


@functools.cache
def give_back_large() -> bool:
    """Fix the size from which glibc gives memory back; whether there is such a switch.

    On its own glibc raises that size up to 32 MB, and keeps what is smaller for later.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGE)) and bool(mallopt(M_TRIM_THRESHOLD, LARGE))
