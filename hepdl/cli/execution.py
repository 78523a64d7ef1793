"""One execution of a chain in its run folder: from the first event to the last table, or to a clear end."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hepdl.cli.command import COLUMNS
from hepdl.errors import HepdlError, Interrupted, RunFolderError

if TYPE_CHECKING:
    from hepdl.chain import Chain
    from hepdl.cli.command import Command
    from hepdl.data.table import Table
    from hepdl.engine import Outcome
    from hepdl.record import Record

PROVENANCE = "provenance.json"


class Terminated(KeyboardInterrupt):
    """A batch system asked the process to end."""


def execute(chain: Chain, command: Command, record: Record, resume: bool = False) -> None:
    """Run or go on, keep the record, print the ending; an interruption ends with 130 or 143."""
    from hepdl.cli.ending import ending
    from hepdl.cli.log import logged
    from hepdl.record import write_aside

    labels = [step.label for step in chain.steps]
    with record.locked(), logged(command.levels, labels, record.folder), _told_in(record), _stopped_by_signals():
        outcome, device = _attempt(chain, command, record, resume)
    shutil.rmtree(record.folder / COLUMNS, ignore_errors=True)
    words = ending(outcome, device, record.folder)
    write_aside(record.folder / "report.txt", words + "\n")
    typer.echo(words)


def _attempt(chain: Chain, command: Command, record: Record, resume: bool) -> tuple[Outcome, str]:
    from hepdl.provenance import provenance

    record.mark("running")
    job = replace(command.job(record.folder, resume), look=partial(_keep_looks, record))
    origin = _origin(provenance(Path(command.script), job.device) | {"seed": job.seed}, record, resume)
    record.write(PROVENANCE, origin)
    outcome = _run(chain, job, command, record)
    _keep(outcome, record, origin)
    return outcome, job.device


def _origin(this: dict[str, Any], record: Record, resume: bool) -> dict[str, Any]:
    """The provenance of the first attempt, with those of the later ones in order."""
    if not resume or not (record.folder / PROVENANCE).is_file():
        return this
    first: dict[str, Any] = record.read(PROVENANCE)
    return first | {"resumed": [*first.get("resumed", []), this]}


def _run(chain: Chain, job: Any, command: Command, record: Record) -> Outcome:
    from hepdl import engine
    from hepdl.cli.progress import progress

    with progress() as tell:
        return engine.run(chain, job, record, limit=command.limit, skip=command.skip, progress=tell)


def _keep_looks(record: Record, table: Table) -> None:
    from hepdl.data.familiarity import looks
    from hepdl.record import LOOKS

    record.write(LOOKS, {name: asdict(look) for name, look in looks(table).items()})


def _keep(outcome: Outcome, record: Record, origin: dict[str, Any]) -> None:
    from hepdl.provenance import now
    from hepdl.record import COLUMNS_OF_FILES
    from hepdl.tensorboard import mirror

    ledger = outcome.ledger.to_json()
    record.write("ledger.json", ledger)
    record.write(COLUMNS_OF_FILES, {name: asdict(kind) for name, kind in outcome.offers.items()})
    record.write("timing.json", [asdict(cost) for cost in outcome.clock.costs])
    record.write(PROVENANCE, origin | {"end": now(), "files": ledger["files"]})
    mirror(record.folder)
    record.mark("finished")


@contextmanager
def _told_in(record: Record) -> Iterator[None]:
    """Whatever ends the run is written into its status."""
    try:
        yield
    except Interrupted as end:
        record.mark("interrupted", str(end))
        raise
    except KeyboardInterrupt as end:
        why = "SIGTERM" if isinstance(end, Terminated) else "Ctrl-C"
        record.mark("interrupted", why)
        raise Interrupted(f"stopped by {why}; go on with: hepdl resume {record.folder}") from None
    except OSError as error:
        problem = _disk(error, record.folder)
        record.mark("failed", str(problem))
        raise problem from error
    except BaseException as error:
        record.mark("failed", f"{type(error).__name__}: {error}")
        raise


def _disk(error: OSError, folder: Path) -> HepdlError | OSError:
    import errno

    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return error
    return RunFolderError(f"cannot write to the run folder '{folder}': {os.strerror(error.errno)}; make room, then: "
                          f"hepdl resume {folder}")  # fmt: skip


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM, which batch systems send, ends the run like Ctrl-C."""

    def terminate(_number: int, _frame: Any) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
