"""Packages that only some formats need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hepdl.errors import InputError


@contextmanager
def needs(package: str, extra: str, what: str) -> Iterator[None]:
    """Around an import of what uses ``package``: ``InputError`` with the command that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        install = f"which is not installed: pip install hepdl[{extra}]"
        raise InputError(f"{what} need the package {package}, {install}") from None
