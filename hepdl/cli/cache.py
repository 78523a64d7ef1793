"""``hepdl cache list|prune``: what is in the column cache, and making room."""

from __future__ import annotations

import time
from typing import Annotated

import typer

cache = typer.Typer(name="cache", no_args_is_help=True, help="The column cache: decoded columns of input files.")


@cache.command("list")
def list_parts() -> None:
    """List the parts of the cache, the least recently used first."""
    from hepdl.cli.text import table
    from hepdl.data.cache import Cache

    store = Cache.default()
    parts = store.parts()
    rows = [[part.source, part.bytes / 1e6, (time.time() - part.used) / 3600] for part in parts]
    if rows:
        typer.echo(table(["file", "size [MB]", "last used [h ago]"], rows))
    total = sum(part.bytes for part in parts) / 1e9
    typer.echo(f"{len(parts)} parts, {total:.3g} of at most {store.limit / 1e9:.3g} GB in {store.folder}")


@cache.command("prune")
def prune(
    gigabytes: Annotated[float, typer.Option("--to", min=0, help="Gigabytes to keep, the most recently used.")] = 0.0,
) -> None:
    """Remove parts, the least recently used first; jobs that use them now keep what they have open."""
    from hepdl.data.cache import Cache

    removed = Cache.default().prune(int(gigabytes * 1e9))
    typer.echo(f"removed {len(removed)} parts, {sum(part.bytes for part in removed) / 1e9:.3g} GB")
