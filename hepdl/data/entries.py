"""Entries of one file as events: identity, part, weight and label join what the file holds."""

from __future__ import annotations

import numpy as np

from hepdl.algorithm import Expansion, Reader
from hepdl.chain import reader_expressions
from hepdl.errors import BadValues
from hepdl.events import Column, Events, Jagged
from hepdl.expressions import parse
from hepdl.ledger import Ledger
from hepdl.sources import Sample, Source


class Entries:
    """Counts through a file and completes its blocks."""

    def __init__(
        self, reader: Reader, source: Source, labelled: bool, ledger: Ledger, expansion: Expansion | None = None
    ) -> None:
        self.reader, self.source, self.labelled, self.ledger = reader, source, labelled, ledger
        self.expansion = expansion
        self._next: int = ledger.files[source.index].first

    def complete(self, raw: Events, sample_index: int) -> tuple[Events, Events]:
        """The block with the engine's columns, and ``entry``, identity and objects of each of its entries."""
        sample, n = self.source.sample, len(raw)
        values = {
            text: parse(text, self.reader.label).evaluate(raw, self.reader.before) for text in self._texts(sample)
        }
        entries = np.arange(self._next, self._next + n, dtype=np.int64)
        self._next += n
        identity = {name: _integers(raw[name], name, self.source) for name in self.reader.entry_identity}
        event = [identity[name] for name in self.reader.identity]
        columns: dict[str, Column] = {
            "source": np.full(n, self.source.index, np.int32),
            "entry": entries,
            "sample": np.full(n, sample_index, np.int32),
            "part": self._parts(event, entries, values),
            "weight": self._number("weight", values, n),
        }
        if self.labelled:
            columns["label"] = self._number("label", values, n)
            _refuse_other_label(sample, raw, self.source)
        objects = {"objects": self.expansion.lengths(raw).astype(np.int32)} if self.expansion else {}
        return Events(raw.columns() | columns | objects, n), Events({"entry": entries} | identity | objects, n)

    def _texts(self, sample: Sample) -> list[str]:
        own = [value for value in (sample.label, sample.weight) if isinstance(value, str)]
        return [text for text in reader_expressions(self.reader) if text in own + self.reader.split.expressions()]

    def _parts(self, event: list[np.ndarray], entries: np.ndarray, values: dict[str, Column]) -> np.ndarray:
        split = self.reader.split
        claims = {text: values[text] for text in split.expressions()}
        key = self.source.sample.key
        if event:
            return split.assign(event, key, claims)
        self.ledger.note(
            f"{self.reader.label} has no identity=[...]: the split is keyed by file UUID and entry, so a copied or "
            "re-made file would be divided differently"
        )
        return split.assign([entries], f"{key}/{self.source.uuid}", claims)

    def _number(self, what: str, values: dict[str, Column], n: int) -> np.ndarray:
        """Weight or label of each entry."""
        value = getattr(self.source.sample, what)
        column = values[value] if isinstance(value, str) else np.nan if value is None else value
        if isinstance(column, Jagged):
            raise BadValues(
                f"sample '{self.source.sample.name}': {what} '{value}' is a list for each entry, one number is needed; "
                "reduce it, as with max(...); for one number an object define a column and name it where it is used"
            )
        return np.broadcast_to(np.asarray(column, np.float32), (n,)).copy()


def _integers(column: Column, name: str, source: Source) -> np.ndarray:
    if not isinstance(column, np.ndarray) or column.dtype.kind not in "iub" or column.ndim != 1:
        raise BadValues(f"identity branch '{name}' of {source.path} must hold one integer an event")
    return column


def _refuse_other_label(sample: Sample, raw: Events, source: Source) -> None:
    if isinstance(sample.label, int | float) and "label" in raw:
        other = int(np.sum(raw["label"] != sample.label))
        if other:
            raise BadValues(
                f"sample '{sample.name}' says label={sample.label}, but branch 'label' of {source.path} says otherwise "
                f"for {other} of {len(raw)} entries; say label='label' to take the branch"
            )
