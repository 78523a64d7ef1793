"""Logging: ``hepdl.<step>`` on the terminal and in ``log.txt`` of the run folder."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hepdl.errors import ParameterError, did_you_mean

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@contextmanager
def logged(levels: Sequence[str], steps: Sequence[str], folder: Path) -> Iterator[None]:
    """Lines go to the terminal and the run folder; levels are ``LEVEL`` for all or ``Step=LEVEL`` for one."""
    logging.getLogger("hepdl").setLevel(logging.INFO)
    for step, level in parsed_levels(levels, steps):
        logging.getLogger(f"hepdl.{step}" if step else "hepdl").setLevel(level)
    handlers = [_terminal(), _file(folder / "log.txt")]
    logging.captureWarnings(True)
    for handler in handlers:
        logging.getLogger("hepdl").addHandler(handler)
        logging.getLogger("py.warnings").addHandler(handler)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for handler in handlers:
            logging.getLogger("hepdl").removeHandler(handler)
            logging.getLogger("py.warnings").removeHandler(handler)
            handler.close()


def parsed_levels(levels: Sequence[str], steps: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of step (empty for all) and level.

    Raises:
        ParameterError: the chain has no such step, or there is no such level.
    """
    pairs = [(step, level.upper()) for step, _, level in (given.rpartition("=") for given in levels)]
    for step, level in pairs:
        if step and step not in steps:
            raise ParameterError(f"-l {step}={level}: the chain has no step '{step}'{did_you_mean(step, steps)}")
        if level not in LEVELS:
            raise ParameterError(f"-l {level}: there is no such level{did_you_mean(level, LEVELS)}")
    return pairs


def _terminal() -> logging.Handler:
    if not sys.stderr.isatty():
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S"))
        return handler
    from rich.logging import RichHandler

    from hepdl.cli.progress import console

    handler = RichHandler(console=console(), show_path=False, markup=False)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s", "%H:%M:%S"))
    return handler


def _file(path: Path) -> logging.Handler:
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    return handler
