"""The shadow device tells the truth: a real CUDA device refuses, waits and does not wait for the same operations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.contract.operations import QUIET, REFUSED, WAITING

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")]


@pytest.fixture
def x() -> Iterator[torch.Tensor]:
    """A tensor on the device; inside the test every wait is an error."""
    tensor = torch.randn(3, 2).to("cuda")
    torch.cuda.set_sync_debug_mode("error")
    yield tensor
    torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises((RuntimeError, TypeError), match="same device|can't convert cuda|'lengths'"):
        REFUSED[name](torch.randn(3, 2).to("cuda"))


@pytest.mark.parametrize("name", WAITING)
def test_waiting(name: str, x: torch.Tensor) -> None:
    with pytest.raises(RuntimeError, match="synchronizing"):
        WAITING[name](x)


@pytest.mark.parametrize("name", [name for name in QUIET if name not in ("number", "scatter", "repeat_interleave")])
def test_quiet(name: str, x: torch.Tensor) -> None:
    QUIET[name](x)
