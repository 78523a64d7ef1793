"""Progress: a bar on a terminal, a plain line now and then in a batch log."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

SECONDS = 30.0
"""Least time between two lines about one phase in a batch log."""


@functools.cache
def console() -> Console:
    """The one terminal that bars and log lines share."""
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A function to tell a phase, how much of it is done, and of how much."""
    if sys.stderr.isatty():
        with _bars() as tell:
            yield tell
    else:
        yield _Lines()


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    from rich.progress import Progress

    tasks: dict[str, Any] = {}
    with Progress(console=console(), transient=True) as bars:

        def tell(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total, visible=done < total)

        yield tell


class _Lines:
    """A line when a phase begins, when it ends, and every half minute between."""

    def __init__(self) -> None:
        self.last: dict[str, float] = {}

    def __call__(self, phase: str, done: int, total: int) -> None:
        now = time.monotonic()
        if phase not in self.last or done == total or now - self.last[phase] > SECONDS:
            typer.echo(f"{time.strftime('%H:%M:%S')} {phase}: {done:,} of {total:,}" if total > 1 else
                       f"{time.strftime('%H:%M:%S')} {phase}", err=True)  # fmt: skip
            self.last[phase] = now
