"""``hepdl list``: everything that is installed; imports nothing of it."""

from __future__ import annotations

import typer

from hepdl.cli.options import PluginFolders, use_folders


def list_algorithms(plugins: PluginFolders = None) -> None:
    """List the algorithms and parts of all plugins, and the plugins that are broken."""
    from hepdl.cli.text import table
    from hepdl.plugins import failures, registry

    use_folders(plugins)
    rows = [[entry.name, entry.text, f"{entry.distribution} {entry.version}".strip()] for entry in registry().values()]
    typer.echo(table(["name", "what it does", "from"], rows))
    for failure in failures():
        typer.secho(f"broken: {failure.plugin}: {failure.reason}", fg="red")
