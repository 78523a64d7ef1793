"""``hepdl check SCRIPT``: names, types and parameters against the heads of the files; seconds, no training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hepdl.cli.options import PluginFolders, SteeringScript, use_folders

if TYPE_CHECKING:
    from hepdl.chain import Chain
    from hepdl.columns import Columns


def check(script: SteeringScript, plugins: PluginFolders = None) -> None:
    """Check a script: every branch, column, type and parameter, against the head of each sample."""
    from hepdl.cli.script import load_script

    use_folders(plugins)
    chain = load_script(Path(script)).chain.resolved()
    typer.echo(wiring(chain, chain.check()))
    for step in chain.steps:
        for words in step.concerns():
            typer.secho(f"warning: {step.label}: {words}", fg="yellow")
    samples = len(chain.reader.samples)
    typer.secho(f"OK: {len(chain.steps)} steps, {samples} sample{'s' if samples > 1 else ''}", fg="green")


def wiring(chain: Chain, after: list[tuple[str, Columns]]) -> str:
    """What each step reads and adds, one line a step."""
    from hepdl.cli.text import table

    rows, before = [], None
    for step, (label, columns) in zip(chain.steps, after, strict=True):
        added = f"{len(columns)} columns" if before is None else _added(columns, before)
        rows.append([label, ", ".join(step.reads()) or "-", added])
        before = columns
    return table(["step", "reads", "adds"], rows)


def _added(columns: Columns, before: Columns) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in columns.items() if name not in before) or "-"
