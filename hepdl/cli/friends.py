"""Friends: the files that a run makes for other files, one after the other, and the account of them."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hepdl.algorithm import DeviceAlgorithm, Expansion, Selection, Writer
from hepdl.cli.command import COLUMNS
from hepdl.errors import InputError, Interrupted, RunFolderError
from hepdl.record import LOOKS, Record

if TYPE_CHECKING:
    import torch

    from hepdl.chain import Chain
    from hepdl.data.table import Table
    from hepdl.engine import Outcome
    from hepdl.job import Job
    from hepdl.ledger import Ledger
    from hepdl.sources import Source
    from hepdl.trained import Application

APPLICATION = "apply.json"
"""Which run was applied to what, and what has been made of each file."""


class Learned:
    """What the steps of a run have learned, to be read; a step without is an error and never learns."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def has_state(self, label: str) -> bool:
        """There must be one."""
        return True

    def load_state(self, label: str) -> dict[str, torch.Tensor]:
        """As :meth:`Record.load_state`."""
        return self._record.load_state(label)

    def save_state(self, label: str, state: dict[str, torch.Tensor]) -> Path:
        """Nothing learns here."""
        raise RuntimeError(f"step '{label}' was about to learn")


class Friends:
    """Takes file by file; what is there already, and whole, stays."""

    def __init__(
        self, run: Record, application: Application, folder: Path, seed: int, device: str, strange: bool
    ) -> None:
        self.run, self.application, self.seed, self.device, self.strange = run, application, seed, device, strange
        self.out = Record(folder)
        self.notes: list[str] = []
        self.done: dict[str, dict[str, Any]] = {}
        """What was made of each file."""

    @cached_property
    def sources(self) -> list[Source]:
        """All files."""
        return self.application.chain.reader.sources()

    def make(self, levels: list[str]) -> None:
        """Check everything, then score each file and say what is there."""
        from hepdl.cli.log import logged

        self._refuse_own_output()
        self._refuse_other_names()
        earlier = self._earlier()
        self.notes = self.application.check()
        self.out.folder.mkdir(parents=True, exist_ok=True)
        labels = [step.label for step in self.application.chain.steps]
        with self.out.locked(), logged(levels, labels, self.out.folder):
            try:
                summaries = self._each(earlier)
            except KeyboardInterrupt:
                raise Interrupted("stopped by Ctrl-C; the same command goes on, file by file") from None
            finally:
                shutil.rmtree(self.out.folder / COLUMNS, ignore_errors=True)
                self._account()
        self._tell(summaries)

    def _each(self, earlier: dict[str, Any]) -> list[str]:
        summaries: list[str] = []
        job = self._job()
        there = [(_key(source), source, earlier.get(_key(source))) for source in self.sources]
        self.done = {key: made for key, source, made in there if made is not None and self._whole(source, made)}
        if self.done:
            typer.echo(f"{len(self.done)} of {len(there)} files are done already and stay as they are")
        for key, source, _ in there:
            if key not in self.done:
                self.done[key], lines = self._made(source, job)
                summaries = summaries or lines
                self._account()
        return summaries

    def _job(self) -> Job:
        from hepdl.cli.device import resolved
        from hepdl.data.cache import Cache
        from hepdl.job import Job

        cache = Cache(self.out.folder / COLUMNS)
        return Job(
            folder=self.out.folder, device=resolved(self.device), seed=self.seed, cache=cache,
            siblings=tuple(self.sources), may_be_empty=True, look=self._look,
        )  # fmt: skip

    def _look(self, table: Table) -> None:
        """Refuse columns that look unlike those of the run, unless that is meant."""
        from hepdl.data.familiarity import Look, unfamiliar

        if self.strange or not (self.run.folder / LOOKS).is_file():
            return
        before = {name: Look(**look) for name, look in self.run.read(LOOKS).items()}
        steps = [step for step in self.application.chain.steps if isinstance(step, DeviceAlgorithm)]
        self.notes += unfamiliar(table, before, {name for step in steps for name in step.reads()})

    def _made(self, source: Source, job: Job) -> tuple[dict[str, Any], list[str]]:
        """Score one file."""
        from hepdl import engine
        from hepdl.cli.progress import progress

        with progress() as tell:
            chain, offers = self._chain_for(source), self.application.offers
            outcome = engine.run(chain, job, Learned(self.run), progress=tell, offers=offers)
        account = asdict(outcome.ledger.files[0])
        self.notes += [note for note in outcome.ledger.notes if note not in self.notes]
        return {
            "key": _key(source),
            "uuid": source.uuid,
            "friends": self._digests(outcome),
            "account": account,
        }, outcome.summaries

    def _chain_for(self, source: Source) -> Chain:
        chain, sample = self.application.chain, source.sample
        in_pattern = any(pattern.endswith(f":{source.tree}") for pattern in sample.patterns)
        files = f"{source.path}:{source.tree}" if in_pattern else source.path
        reader = chain.reader.replaced(samples=[sample.replaced(files=files)])
        return type(chain)(reader, *chain.steps[1:])

    def _digests(self, outcome: Outcome) -> dict[str, str]:
        paths = [path for step in outcome.steps if isinstance(step, Writer) for _, path in step.written()]
        return {str(path.relative_to(self.out.folder)): _digest(path) for path in paths}

    def _whole(self, source: Source, kept: dict[str, Any]) -> bool:
        """Whether the file is what it was, and its friends what was written."""
        paths = {self.out.folder / name: digest for name, digest in kept["friends"].items()}
        same = kept["uuid"] == source.uuid and kept["account"]["entries"] == source.entries
        return same and all(path.is_file() and _digest(path) == digest for path, digest in paths.items())

    def _ledger(self) -> Ledger:
        from hepdl.ledger import FileAccount, Ledger

        skipped = self.application.chain.reader.skipped()
        left_out = [dict(zip(("path", "sample", "reason"), each, strict=True)) for each in skipped]
        return Ledger([FileAccount(**each["account"]) for each in self._files], left_out, self.notes)

    @property
    def _files(self) -> list[dict[str, Any]]:
        """What is done, in the order of the files."""
        return [self.done[key] for source in self.sources if (key := _key(source)) in self.done]

    def _account(self) -> None:
        from hepdl.provenance import now, versions

        self.out.write("ledger.json", self._ledger().to_json())
        self.out.write(APPLICATION, {
            "run": str(self.run.folder), "checksum": self.run.checksum, "writers": self._writers, "time": now(),
            "versions": versions(), "files": self._files,
        })  # fmt: skip

    @property
    def _writers(self) -> list[Any]:
        from hepdl.chain import to_json

        return [to_json(step) for step in self.application.chain.steps if isinstance(step, Writer)]

    def _earlier(self) -> dict[str, Any]:
        """What an earlier attempt made; raises ``RunFolderError`` when the folder holds something else."""
        folder = self.out.folder
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return {}
        if not (folder / APPLICATION).is_file():
            raise RunFolderError(f"'{folder}' exists and holds something else; name another folder with -o")
        before = self.out.read(APPLICATION)
        if (before["checksum"], before["writers"]) != (self.run.checksum, self._writers):
            raise RunFolderError(
                f"'{folder}' holds what was made with the run '{before['run']}' as it was then, and with its writers; "
                "this is another one, so name another folder with -o"
            )
        return {made["key"]: made for made in before["files"]}

    def _refuse_own_output(self) -> None:
        for source in self.sources:
            if Path(source.path).resolve().is_relative_to(self.out.folder.resolve()):
                raise InputError(
                    f"input '{source.path}' lies in the output folder '{self.out.folder}'; name another -o"
                )

    def _refuse_other_names(self) -> None:
        """A file that the run has read must have the same name as there: the split goes by it."""
        from hepdl.record import CHAIN

        chain = type(self.application.chain).from_json(self.run.read(CHAIN))
        keys = {sample.name: sample.key for sample in chain.reader.samples}
        read = {account["uuid"]: account["sample"] for account in self.run.read("ledger.json")["files"]}
        for source in self.sources:
            was = read.get(source.uuid)
            if was is not None and keys[was] != source.sample.key:
                raise InputError(
                    f"'{source.path}' was read by the run as sample '{was}'; give it under that name "
                    f"(-i '{was}={source.path}'), else events it was trained on could not be told from others"
                )

    def _tell(self, summaries: list[str]) -> None:
        from hepdl.cli.ending import ledger_table

        ledger = self._ledger()
        ledger.verify()
        selections = [s.label for s in self.application.chain.steps if isinstance(s, Selection | Expansion)]
        typer.echo("\n".join([ledger_table(ledger, selections), "", *summaries]))
        friends = sum(len(each["friends"]) for each in self._files)
        typer.echo(f"{friends} friends of {len(self._files)} files are in {self.out.folder}, read back and equal")


def _key(source: Source) -> str:
    return "|".join([source.sample.name, source.path, source.tree])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
