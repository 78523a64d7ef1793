"""Requests to stop: Ctrl-C, SIGTERM from a batch system, the end of the time that a job has."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any


class StopRequests:
    """Notes signals while a training runs, so that it can save first; a second Ctrl-C stops at once."""

    def __init__(self, until: float | None = None) -> None:
        """``until`` is wall-clock time (``time.time()``)."""
        self._until = until
        self._why = ""
        self._before: dict[signal.Signals, Any] = {}

    @property
    def why(self) -> str:
        """The reason to stop in words, empty when there is none."""
        if not self._why and self._until is not None and time.time() >= self._until:
            self._why = "the time limit"
        return self._why

    def __enter__(self) -> StopRequests:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        if self._why and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._why = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
