"""The one question hepdl asks plugins (pluggy)."""

from __future__ import annotations

from typing import NamedTuple

import pluggy

hookspec = pluggy.HookspecMarker("hepdl")
hookimpl = pluggy.HookimplMarker("hepdl")


class Offer(NamedTuple):
    """One thing a plugin offers: a name, the place to import it from, one line of text."""

    name: str
    place: str
    """``package.module:Class``."""
    text: str


@hookspec
def hepdl_algorithms() -> list[Offer]:  # type: ignore[empty-body]
    """Which algorithms and parts do you offer?

    Please answer with names, places and one line of text each, without importing what you offer: listing
    must load nothing heavy, and a place that fails must break only whoever asks for that name.
    """
