"""Yields: weights scaled to the events that a cross-section and a luminosity promise.

weight = σ · k · filter efficiency · luminosity · w / Σw, where Σw is that of the generated events when the sample says
it, and that of the entries read otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hepdl.algorithm import Reader
from hepdl.data.table import Table
from hepdl.errors import BadValues
from hepdl.events import Events
from hepdl.ledger import Ledger
from hepdl.sources import Sample, Source


class Yields:
    """Scales the samples that have a cross-section; what they need from the files is read when it is made."""

    def __init__(self, reader: Reader, sources: Sequence[Source], ledger: Ledger) -> None:
        self.luminosity, self.sources, self.ledger = reader.luminosity, sources, ledger
        samples = {source.sample.name: source.sample for source in sources}
        self.samples = [sample for sample in samples.values() if sample.xsec is not None]
        self.generated = {sample.name: self._generated(sample, reader) for sample in self.samples}

    def scale(self, table: Table) -> Table:
        """The table with scaled weights. Raises ``BadValues`` for a sum of weights that is not positive."""
        if not self.samples:
            return table
        factors = np.ones(len(self.sources))
        for sample in self.samples:
            factor = self._factor(sample)
            for source in self._files(sample):
                factors[source.index] = factor
                self.ledger.files[source.index].sum_weights *= factor
        return table.mapped(lambda piece: _weighted(piece, factors))

    def _files(self, sample: Sample) -> list[Source]:
        return [source for source in self.sources if source.sample.name == sample.name]

    def _generated(self, sample: Sample, reader: Reader) -> float | None:
        if isinstance(sample.sum_of_weights, str):
            return reader.sum_over(sample.sum_of_weights, self._files(sample))
        return sample.sum_of_weights

    def _factor(self, sample: Sample) -> float:
        accounts = [self.ledger.files[source.index] for source in self._files(sample)]
        generated = self.generated[sample.name]
        total = sum(account.sum_weights for account in accounts) if generated is None else generated
        if total <= 0:
            raise BadValues(f"sample '{sample.name}': the sum of weights is {total:.6g}, cannot scale to xsec")
        events, text = self._promised(sample)
        of = "the entries read" if generated is None else f"the generated events ({total:.6g})"
        self.ledger.note(f"sample '{sample.name}': weights × {events / total:.6g} = {text} / Σw of {of}")
        if generated is None:
            return events / total
        self._note_skipped(sample)
        read, there = sum(account.read for account in accounts), sum(account.entries for account in accounts)
        return events / total * self._share(sample, read, there)

    def _promised(self, sample: Sample) -> tuple[float, str]:
        """Events of a sample with a cross-section, and how they come about."""
        assert sample.xsec is not None
        events, text = sample.xsec * sample.k_factor * sample.filter_efficiency * self.luminosity, f"{sample.xsec} pb"
        others = {"k": sample.k_factor, "ε": sample.filter_efficiency}
        text += "".join(f" × {name}={value:g}" for name, value in others.items() if value != 1)
        return events, text + (f" × {self.luminosity:g}/pb" if self.luminosity != 1 else "")

    def _share(self, sample: Sample, read: int, there: int) -> float:
        """What the entries that were left out by ``-n`` and ``--skip`` would have added."""
        if read in (0, there):
            return 1.0
        share = there / read
        how = f"{read} of {there} entries were read"
        self.ledger.note(f"sample '{sample.name}': {how}, so weights × {share:.6g} in place of the others")
        return share

    def _note_skipped(self, sample: Sample) -> None:
        skipped = sum(item["sample"] == sample.name for item in self.ledger.skipped)
        if skipped and isinstance(sample.sum_of_weights, float | int):
            self.ledger.note(
                f"sample '{sample.name}': sum_of_weights={sample.sum_of_weights:g} counts the {skipped} files that "
                "were left out too, so their share of the yield is missing"
            )


def _weighted(piece: Events, factors: np.ndarray) -> Events:
    factor = factors[int(piece["source"][0])]
    if factor == 1:
        return piece
    return Events(piece.columns() | {"weight": piece["weight"] * np.float32(factor)}, len(piece))
