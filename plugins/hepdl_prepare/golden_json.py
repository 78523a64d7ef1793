"""GoldenJson: keep the luminosity sections that are certified."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import PrivateAttr

from hepdl.algorithm import Selection
from hepdl.columns import Columns, ColumnType
from hepdl.description import Expression, Input, parameter
from hepdl.errors import InputError, WiringError
from hepdl.events import Events

_LUMI_BITS = 32


class GoldenJson(Selection):
    """Keeps the events in certified luminosity sections: ``GoldenJson("Cert_2018.json", only="run > 1")``.

    The file is in CMS format, ``{"run": [[first section, last section], ...], ...}``, both ends included. Simulated
    events have no sections: exclude them with ``only``.
    """

    positional: ClassVar[tuple[str, ...]] = ("file",)

    file: str = parameter(min_length=1)
    """Path of the file; ``~`` and ``$VARIABLES`` are expanded."""
    run: Input = "run"
    """Integer column with the run number."""
    lumi: Input = "luminosityBlock"
    """Integer column with the number of the luminosity section."""
    only: Expression = ""
    """Events that must be certified, all others stay; all events when empty."""
    _certified: Any = PrivateAttr(None)

    def fingerprint(self) -> str:
        """A digest of the file's content. Raises ``InputError`` when it cannot be read."""
        return hashlib.sha256(self._content()).hexdigest()

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Nothing is added; raises ``InputError`` for the file, ``WiringError`` for columns that are no integers."""
        for name in (self.run, self.lumi):
            kind = columns.need_flat(name, self.label)
            if np.dtype(kind.dtype).kind not in "iu" or kind.shape:
                raise WiringError(f"{self.label}: column '{name}' is {kind}, but an integer an event is needed")
        if self.only and str(columns[self.only]) != "bool":
            raise WiringError(f"{self.label}.only: '{self.only}' is {columns[self.only]}; compare it, as in run > 1")
        self._sections()
        return {}

    def execute(self, events: Events) -> np.ndarray:
        """The mask ``[N]``, true for events in certified sections and those that ``only`` leaves out."""
        first, last = self._sections()
        section = _numbered(events[self.run], events[self.lumi])
        place = np.searchsorted(first, section, side="right") - 1
        inside: np.ndarray = (place >= 0) & (section <= last[place]) if len(first) else np.zeros(len(events), bool)
        return inside | ~events[self.only] if self.only else inside

    def _sections(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last section of each certified range, in order, numbered through all runs."""
        if self._certified is None:
            self._certified = _ranges(self._content(), f"{self.label}: file '{self.file}'")
        ranges: tuple[np.ndarray, np.ndarray] = self._certified
        return ranges

    def _content(self) -> bytes:
        try:
            return Path(os.path.expandvars(self.file)).expanduser().read_bytes()
        except OSError as error:
            raise InputError(f"{self.label}: file '{self.file}' cannot be read: {error.strerror}") from None


def _numbered(run: np.ndarray, lumi: np.ndarray) -> np.ndarray:
    return (run.astype(np.int64) << _LUMI_BITS) + lumi.astype(np.int64)


def _ranges(content: bytes, place: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        rows = [(int(run), *_pair(pair)) for run, pairs in json.loads(content).items() for pair in pairs]
    except (ValueError, TypeError, AttributeError) as error:
        form = '{"run": [[first, last], ...], ...}'
        raise InputError(f"{place} is no list of certified sections, which looks like {form}: {error}") from None
    for run, first, last in rows:
        if first > last:
            raise InputError(f"{place}, run {run}: section {first} comes after {last} in [{first}, {last}]")
    runs, begins, ends = np.array(sorted(rows), np.int64).reshape(-1, 3).T
    return _numbered(runs, begins), np.maximum.accumulate(_numbered(runs, ends))


def _pair(pair: Any) -> tuple[int, int]:
    first, last = pair
    if type(first) is not int or type(last) is not int:
        raise ValueError(f"{pair!r} is no pair of integers")
    return first, last
