"""Watch: calls into files that may never come back, as on a network mount that stops answering."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from hepdl.errors import NoAnswer

T = TypeVar("T")
ABANDONED: list[ExitStack] = []
"""Files in which a thread still hangs: closing them would hang too."""


class Watch:
    """Works in a thread of its own, which is left behind when it gives no answer in time."""

    def __init__(self, seconds: float, doing: str) -> None:
        self.doing = doing
        """What goes on, for the message; the work may say more."""
        self._seconds = seconds

    def __call__(self, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises.

        Raises:
            NoAnswer: it does neither in time.
        """
        answers: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        Thread(target=_answer, args=(work, answers), name="hepdl-reading", daemon=True).start()
        try:
            value, error = answers.get(timeout=self._seconds)
        except Empty:
            raise NoAnswer(
                f"{self.doing}: no answer for {self._seconds:g} s; look whether its disk or mount still answers, copy "
                "the file to this machine, or give it more time with timeout="
            ) from None
        if error is not None:
            raise error
        done: T = value
        return done


def touch(path: str, share: float = 0.0) -> None:
    """Read a byte at this share of a file: where a library lets no other thread run while it reads, ask before it."""
    with Path(path).open("rb") as file:
        file.seek(int(share * os.fstat(file.fileno()).st_size))
        file.read(1)


def _answer(work: Callable[[], T], answers: SimpleQueue[tuple[Any, BaseException | None]]) -> None:
    try:
        answers.put((work(), None))
    except BaseException as error:
        answers.put((None, error))
