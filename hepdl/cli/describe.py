"""``hepdl describe NAME``: the manual page of one algorithm or part."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hepdl.cli.options import PluginFolders, use_folders


def describe(
    name: Annotated[str, typer.Argument(help="A name that hepdl list shows.")], plugins: PluginFolders = None
) -> None:
    """Show every parameter of an algorithm or part: type, unit, default, bounds, meaning."""
    from hepdl.cli.manual import manual
    from hepdl.plugins import load, registry

    use_folders(plugins)
    cls = load(name)
    page = manual(registry()[name], cls)
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(page))
    else:
        typer.echo(page)
