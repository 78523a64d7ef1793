"""A file that gives no answer ends the run, or is left out and counted; it never hangs it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hepdl_io.trees
import numpy as np
import pytest
from hepdl_io.file_reader import FileReader
from hepdl_io.hdf5_reader import Hdf5Reader
from hepdl_io.root_reader import RootReader
from hepdl_io.watch import Watch

from hepdl import Chain, Sample
from hepdl.data.cache import Cache
from hepdl.engine import run
from hepdl.errors import InputError, NoAnswer
from hepdl.job import Job
from tests.io.conftest import jets, make, read
from tests.memory import Collect


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[str]:
    """A pipe that nobody writes to: to open it waits for ever, as a dead mount does."""
    path = tmp_path / "w_2.root"
    os.mkfifo(path)
    yield str(path)
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))  # lets whoever waits go on


@pytest.mark.parametrize("reader", [RootReader, Hdf5Reader])
def test_a_file_that_does_not_open(hung: str, reader: type[FileReader]) -> None:
    message = f"sample 'w': file '{hung}': no answer for 0.3 s; look whether its disk or mount still answers.*timeout="
    began = time.monotonic()
    with pytest.raises(InputError, match=message):
        reader(Sample("w", hung), timeout=0.3).sources()
    assert time.monotonic() - began < 5


def test_it_may_be_left_out(hung: str, tmp_path: Path) -> None:
    make(tmp_path / "w_1.root", **jets(0, 10))
    reader = RootReader(Sample("w", f"{tmp_path}/w_?.root", label=1), timeout=0.5, skip_bad_files=True)
    ledger = run(Chain(reader, Collect()), Job()).ledger
    assert ledger.totals()["read"] == 10
    assert [(item["path"], "no answer" in item["reason"]) for item in ledger.skipped] == [(hung, True)]


@pytest.mark.parametrize("cached", [True, False])
def test_a_file_that_stops_answering_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    never, decode = threading.Event(), hepdl_io.trees.decode

    def stuck(tree: Any, field: Any, start: int, stop: int, arrays: Any) -> Any:
        if field.path == "tau1":
            never.wait(20)
        return decode(tree, field, start, stop, arrays)

    monkeypatch.setattr(hepdl_io.trees, "decode", stuck)
    reader = RootReader(Sample("w", make(tmp_path / "a.root", **jets()), label=1), identity=["event"], timeout=0.3)
    cache = Cache(tmp_path / "cache") if cached else None
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"sample 'w', file .*a.root': branch 'tau1', entries 0 to 10: no answer"):
        run(Chain(reader, Collect(columns=["pt", "tau1"])), Job(cache=cache))
    assert time.monotonic() - began < 5
    never.set()
    monkeypatch.undo()
    run(Chain(reader, Collect(columns=["pt", "tau1"])), Job(cache=cache))  # the mount is back
    np.testing.assert_array_equal(Collect.seen[0]["tau1"], jets()["tau1"])


def test_a_slow_answer_is_an_answer(tmp_path: Path) -> None:
    path = make(tmp_path / "a.root", **jets())
    assert len(read(RootReader(Sample("w", path), timeout=60.0), ["pt"])) == 10
    assert Watch(5.0, "x")(lambda: time.sleep(0.2) or 3) == 3  # type: ignore[func-returns-value]
    with pytest.raises(ZeroDivisionError):
        Watch(5.0, "x")(lambda: 1 / 0)
