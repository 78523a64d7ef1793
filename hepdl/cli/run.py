"""``hepdl run SCRIPT``: train, report and write, into a run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hepdl.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from hepdl.chain import Chain
    from hepdl.cli.command import Command
    from hepdl.cli.script import Script
    from hepdl.record import Record


def run(
    context: typer.Context,
    script: options.SteeringScript,
    *,
    entries: options.Entries = None,
    skip: options.Skip = 0,
    inputs: options.Inputs = None,
    output: options.Folder = None,
    settings: options.Settings = None,
    seed: options.Seed = 1,
    device: options.Device = "auto",
    epochs: options.Epochs = None,
    smoke: options.Smoke = False,
    dry_run: options.DryRun = False,
    no_cache: options.NoCache = False,
    memory: options.Memory = None,
    levels: options.Levels = None,
    plugins: options.PluginFolders = None,
) -> None:
    """Train, report and write what a steering script describes; its own arguments stand behind --."""
    from hepdl.cli.command import Command
    from hepdl.cli.overrides import with_inputs, with_settings
    from hepdl.cli.script import load_script

    options.use_folders(plugins)
    own = context.obj.own
    read = load_script(script, own)
    chain = with_settings(with_inputs(read.chain, inputs or []), settings or []).resolved()
    if dry_run:
        _show_only(chain)
        return
    command = Command(
        script=str(script), entries=entries, skip=skip, seed=seed, device=device, epochs=epochs, smoke=smoke,
        cache=not no_cache, memory_mb=memory, levels=levels or [], settings=settings or [], inputs=inputs or [],
        arguments=own, plugins=_folders(),
    )  # fmt: skip
    _go(read, chain, command, output)


def _go(read: Script, chain: Chain, command: Command, output: Path | None) -> None:
    from hepdl.cli.device import resolved
    from hepdl.cli.execution import execute
    from hepdl.cli.log import parsed_levels

    parsed_levels(command.levels, [step.label for step in chain.steps])
    chain.check()
    resolved(command.device)
    record = _record(read, chain, command, output)
    typer.echo(f"run folder: {record.folder}")
    execute(chain, command, record)


def _record(read: Script, chain: Chain, command: Command, output: Path | None) -> Record:
    from hepdl.record import CHAIN, COMMAND, Record, next_folder

    record = Record.create(output or next_folder(read.path.stem), read.text, read.neighbours)
    record.write(CHAIN, chain.to_json())
    record.write(COMMAND, command.to_json())
    record.mark("running")
    return record


def _show_only(chain: Chain) -> None:
    from hepdl.cli.check import wiring
    from hepdl.cli.show import chain_text
    from hepdl.cli.text import table

    after = chain.check(head=False)
    files = [[source.sample.name, source.path, source.entries] for source in chain.reader.sources()]
    typer.echo("\n\n".join([chain_text(chain), wiring(chain, after), table(["sample", "file", "entries"], files)]))
    typer.secho("dry run: all fits, nothing was run", fg="green")


def _folders() -> list[str]:
    from hepdl.plugins import folders

    return [str(folder.resolve()) for folder in folders()]
