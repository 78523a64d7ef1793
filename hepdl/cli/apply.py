"""``hepdl apply RUN -i sample=files -o dir``: scores for other files from a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from hepdl.cli import options
from hepdl.errors import ParameterError, RunFolderError

if TYPE_CHECKING:
    from hepdl.algorithm import Writer
    from hepdl.chain import Chain
    from hepdl.cli.command import Command
    from hepdl.record import Record
    from hepdl.trained import Application

Files = Annotated[
    list[str],
    Option("-i", "--input", metavar="SAMPLE=FILES", help="Files of a sample of the run, or of a new one (repeatable)."),
]
Folder = Annotated[
    Path, Option("-o", "--output", metavar="FOLDER", help="A new folder, or one that the same command began to fill.")
]
Settings = Annotated[
    list[str] | None, Option("--set", metavar="STEP.PARAMETER=VALUE", help="Set a parameter of the reader or a writer.")
]

Strange = Annotated[
    bool, Option("--strange", help="Take columns that look unlike those of the run, in unit or range, as they are.")
]


def apply(
    run: Annotated[Path, Argument(metavar="RUN", help="The folder of a finished run.")],
    *,
    inputs: Files,
    output: Folder,
    settings: Settings = None,
    strange: Strange = False,
    device: options.Device = "auto",
    levels: options.Levels = None,
    plugins: options.PluginFolders = None,
) -> None:
    """Score other files with a finished run: nothing is trained, one friend is written for each file."""
    from hepdl.cli.command import Command
    from hepdl.cli.friends import Friends
    from hepdl.plugins import add_folder
    from hepdl.record import COMMAND, Record

    options.use_folders(plugins)
    record = Record.open(run.resolve())
    _need_finished(record)
    command = Command(**record.read(COMMAND))
    for folder in command.plugins:
        add_folder(Path(folder))
    application = _application(record, inputs, settings or [])
    _tell(application.chain, record, command)
    Friends(record, application, output.absolute(), command.seed, device, strange).make(levels or [])


def _need_finished(record: Record) -> None:
    from hepdl.record import COLUMNS_OF_FILES

    state, reason = record.status
    if state != "finished":
        why = f" ({reason})" if reason else ""
        raise RunFolderError(
            f"the run in '{record.folder}' is {state}{why}, so it has no scores yet; finish it first: "
            f"hepdl resume {record.folder}"
        )
    if not (record.folder / COLUMNS_OF_FILES).is_file():
        raise RunFolderError(
            f"the run in '{record.folder}' has no '{COLUMNS_OF_FILES}', the types of the columns that it learned from: "
            "an older version made it; run its script again"
        )


def _application(record: Record, inputs: list[str], settings: list[str]) -> Application:
    from hepdl.algorithm import Writer
    from hepdl.chain import Chain
    from hepdl.cli.overrides import files_by_sample, with_settings
    from hepdl.columns import columns_from_json
    from hepdl.record import CHAIN, COLUMNS_OF_FILES
    from hepdl.trained import Application

    was = Chain.from_json(record.read(CHAIN))
    chain = with_settings(was, settings)
    _refuse_other_steps(was, chain)
    writers = [step for step in chain.steps if isinstance(step, Writer)] or [_own_writer(chain)]
    offers = columns_from_json(record.read(COLUMNS_OF_FILES))
    return Application.of(chain, offers, files_by_sample(inputs), writers)


def _refuse_other_steps(was: Chain, now: Chain) -> None:
    from hepdl.algorithm import Reader, Writer

    for before, after in zip(was.steps, now.steps, strict=True):
        if before != after and not isinstance(before, Reader | Writer):
            raise ParameterError(f"--set: {before.label} is as it was when it learned; only reader and writers change")


def _own_writer(chain: Chain) -> Writer:
    """The writer that suits the reader's files, for what the last learning step adds."""
    from hepdl import plugins
    from hepdl.algorithm import Writer
    from hepdl.trained import last_outputs

    name = getattr(chain.reader, "writer", "")
    if not name:
        raise RunFolderError(f"the run has no writer, and {chain.reader.label} suggests none; add one to its script")
    writer = plugins.load(name)(columns=last_outputs(chain))
    assert isinstance(writer, Writer)
    return writer


def _tell(chain: Chain, record: Record, command: Command) -> None:
    from hepdl.chain import Chain as Made
    from hepdl.record import CHAIN

    known = [sample.name for sample in Made.from_json(record.read(CHAIN)).reader.samples]
    new = [sample.name for sample in chain.reader.samples if sample.name not in known]
    if new:
        typer.echo(f"new to the run: {', '.join(new)} (it has: {', '.join(known)})")
    if command.smoke:
        typer.secho("warning: this was a run with --smoke; its scores are not meant", fg="yellow", err=True)
