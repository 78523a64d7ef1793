"""``hepdl resume RUN``: go on with a run that was interrupted, killed or failed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hepdl.errors import RunFolderError

if TYPE_CHECKING:
    from hepdl.cli.command import Command


def resume(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of the run.")],
) -> None:
    """Go on where a run stopped; the result is the same as if it had not been stopped."""
    from hepdl.chain import Chain
    from hepdl.cli.command import Command
    from hepdl.cli.execution import execute
    from hepdl.record import CHAIN, COMMAND, Record

    record = Record.open(folder.resolve())
    if record.status[0] == "finished":
        typer.echo(f"{folder} is finished; there is nothing to go on with")
        return
    command = Command(**record.read(COMMAND))
    _return_to(command, folder)
    execute(Chain.from_json(record.read(CHAIN)), command, record, resume=True)


def _return_to(command: Command, folder: Path) -> None:
    from hepdl.plugins import add_folder

    for plugins in command.plugins:
        add_folder(plugins)
    try:
        os.chdir(command.cwd)
    except OSError as error:
        raise RunFolderError(
            f"'{folder}' was begun in '{command.cwd}', where its input paths start, but: {error.strerror}"
        ) from None
