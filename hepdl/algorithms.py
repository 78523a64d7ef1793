"""The window: ``from hepdl.algorithms import ANYTHING_INSTALLED``."""

from __future__ import annotations

from typing import Any

from hepdl import plugins


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return plugins.load(name)


def __dir__() -> list[str]:
    return list(plugins.registry())
