"""Transfer: from the host to a CUDA device out of pinned memory, on a stream beside the one that computes.

Elsewhere all of it is nothing: a CPU copies where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch


class Transfer:
    """Copies of one reader ahead to one device."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device) if is_cuda(device) else None  # type: ignore[no-untyped-call]

    def beside(self) -> AbstractContextManager[Any]:
        """Inside, copies and kernels run on the stream of their own."""
        return nullcontext() if self._stream is None else torch.cuda.stream(self._stream)

    def receive(self, tensors: Iterable[torch.Tensor]) -> None:
        """Let the device, not the host, wait until what was sent so far is there; its memory is then used here too."""
        if self._stream is None:
            return
        here = torch.cuda.current_stream(self._device)
        here.wait_stream(self._stream)
        for tensor in tensors:
            tensor.record_stream(here)


def is_cuda(device: Any) -> bool:
    """Whether this is a CUDA device."""
    return str(device).startswith("cuda")


def staging(shape: tuple[int, ...], kind: torch.Tensor, device: Any) -> torch.Tensor:
    """An empty tensor of the type of ``kind`` and where that is; on the host one from which ``device`` copies fastest.

    torch keeps pinned memory for the next tensor once the copies out of it are done.
    """
    pinned = is_cuda(device) and kind.device.type == "cpu"
    return torch.empty(shape, dtype=kind.dtype, pin_memory=True) if pinned else kind.new_empty(shape)


def sent(values: torch.Tensor, device: Any) -> torch.Tensor:
    """The values on the device; out of pinned memory without waiting."""
    return values.to(device, non_blocking=values.device.type == "cpu" and values.is_pinned())
