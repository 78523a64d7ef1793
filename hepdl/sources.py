"""Samples as a physicist names them, and the files they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import Field, model_validator

from hepdl.description import Description
from hepdl.errors import ParameterError

PARTS = ("train", "validation", "test")
"""The parts an event can belong to; a column ``part`` holds the index."""


class Sample(Description):
    """Files of one process: a name, where they are, and what is true for all their events."""

    positional: ClassVar[tuple[str, ...]] = ("name", "files")

    name: str = Field(min_length=1)
    """Name of the sample in ledger, plots and friend trees."""
    files: str | list[str] = Field(min_length=1)
    """Path, glob pattern, or a list of them; ``~`` and ``$VARIABLES`` are expanded."""
    label: int | float | str | None = None
    """True class or target of all events, or an expression over branches; none for unlabelled data."""
    weight: float | str = 1.0
    """Event weight: a number or an expression over branches; may be negative."""
    xsec: float | None = Field(None, gt=0, json_schema_extra={"unit": "pb"})
    """Cross-section; the weights are then scaled to cross-section · k · filter efficiency · luminosity over Σw."""
    k_factor: float = Field(1.0, gt=0)
    """Factor to the cross-section, as from a higher order."""
    filter_efficiency: float = Field(1.0, gt=0)
    """Share of the cross-section that the generator kept."""
    sum_of_weights: float | str | None = None
    """Σw of all generated events, or ``"tree.branch"`` to be summed over the files, as ``"Runs.genEventSumw"``; when
    None, Σw of the entries read, which is wrong for files from which events have been dropped."""
    dataset: str = ""
    """Name that the split is keyed by; give variations of one sample the same one. The sample's name when empty."""
    role: str = "labelled"
    """What the events are used for by steps that tell roles apart, such as ``"labelled"`` or ``"data"``."""
    fraction: float | None = Field(None, gt=0, le=1)
    """Share of this sample in each training batch; the samples without one share what is left as they are large. It
    changes how often events are seen, not what is minimised: their weights are divided by it."""

    @model_validator(mode="after")
    def _sum_belongs_to_a_cross_section(self) -> Self:
        given = {"k_factor": 1.0, "filter_efficiency": 1.0, "sum_of_weights": None}
        for name, default in given.items():
            if self.xsec is None and getattr(self, name) != default:
                raise ParameterError(f"Sample.{name}: sample '{self.name}' has no xsec, which it would scale")
        total = self.sum_of_weights
        if isinstance(total, str) and not all(total.partition(".")):
            raise ParameterError(
                f"Sample.sum_of_weights: '{total}' should be a number or 'tree.branch', as 'Runs.genEventSumw'"
            )
        if isinstance(total, float | int) and not total > 0:
            raise ParameterError(f"Sample.sum_of_weights: should be greater than 0 (got {total})")
        return self

    @property
    def key(self) -> str:
        """What the split is keyed by."""
        return self.dataset or self.name

    @property
    def patterns(self) -> list[str]:
        """The file patterns as a list."""
        return [self.files] if isinstance(self.files, str) else self.files


@dataclass(frozen=True)
class Source:
    """One input file of one sample, as it was when the run began."""

    index: int
    sample: Sample
    path: str
    entries: int
    """Entries on disk."""
    uuid: str
    """Identity of the file's content as the format gives it (ROOT: the file's UUID)."""
    tree: str = ""
    beside: tuple[str, ...] = ()
    """Paths of files whose columns stand beside its own, entry by entry."""
