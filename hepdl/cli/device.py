"""The device that ``--device`` names."""

from __future__ import annotations

from hepdl.errors import ParameterError, listed


def resolved(name: str) -> str:
    """``auto`` is the first CUDA device or the CPU; anything else must be there.

    Raises:
        ParameterError: this machine, or this build of torch, has no such device.
    """
    import torch

    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    known = ["cpu", *(["cuda"] if cuda else []), *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]
    if name == "auto":
        return "cuda" if cuda else "cpu"
    if name not in known:
        there = f"there is: {listed(known)}"
        raise ParameterError(f"--device {name}: torch {torch.__version__} sees no such device; {there}")
    return name
