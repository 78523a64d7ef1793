"""The verbs under one command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from typer import Option

from hepdl.cli.apply import apply
from hepdl.cli.cache import cache
from hepdl.cli.check import check
from hepdl.cli.describe import describe
from hepdl.cli.failure import told
from hepdl.cli.listing import list_algorithms
from hepdl.cli.resume import resume
from hepdl.cli.run import run
from hepdl.cli.show import show

app = typer.Typer(
    name="hepdl", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Deep learning for particle physics by steering script.",
)  # fmt: skip
VERBS: dict[str, Callable[..., None]] = {
    "run": run, "resume": resume, "apply": apply, "check": check, "show": show,
    "list": list_algorithms, "describe": describe,
}  # fmt: skip
for name, verb in VERBS.items():
    app.command(name)(told(verb))
app.add_typer(cache)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"hepdl {version('hepdl')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass
