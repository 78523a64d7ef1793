"""Embedded: a network that gets learned vectors in place of categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import model_validator

from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs, parameter
from hepdl.errors import WiringError
from hepdl.learning.parts import Network

if TYPE_CHECKING:
    from torch import nn

    from hepdl.data.rows import Rows
    from hepdl.job import Job

EXACT = 2**24
"""Whole numbers up to this are exact in single precision."""


class Embedded(Network):
    """Any network over columns of which some are categories (PDG codes, charges, words), flat or in lists: each one is
    looked up as a vector that is trained with the network.

    ``Embedded(network=Recurrent(inputs=["tracks", "track_pdgid"]), vocabulary={"track_pdgid": [11, -11, 13, -13]})``
    """

    inputs: Inputs = []
    """Columns of the network; taken from it."""
    network: Network
    """What gets the vectors."""
    vocabulary: dict[str, list[int] | int] = parameter(min_length=1)
    """Name of a column → its categories, or how many it has at most: then these are the most frequent ones of the
    training part. A column holds one whole number an event, or a particle."""
    width: int = parameter(8, ge=1)
    """Length of a vector."""
    unknown: Literal["error", "other"] = "error"
    """What is done with a value that is not in the vocabulary. ``error``: training does not begin, and a score that
    depends on such a value is NaN. ``other``: all of them are one more category; log and ledger say how many."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: dict[str, Any]) -> dict[str, Any]:
        network = values.get("network")
        if not isinstance(network, Network):
            return values
        return {"inputs": network.arguments, "output": network.output} | values

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, values in self.vocabulary.items():
            if name not in self.network.arguments:
                raise ValueError(f"vocabulary names '{name}', which {type(self.network).__name__} does not read")
            if values in (0, []) or (isinstance(values, list) and len(set(values)) < len(values)):
                raise ValueError(f"the vocabulary of '{name}' must hold at least one category, and none twice")
        return self

    @property
    def per_particle(self) -> str:
        """As the network."""
        return self.network.per_particle

    @property
    def particles(self) -> str:
        """As the network."""
        return self.network.particles

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """An :class:`~hepdl_networks.embeddings.Embeddings`; ``WiringError`` for columns that hold no categories."""
        return self._around(self.network.build(self._with_vectors(columns), outputs))

    def trunk(self, columns: Columns, features: int) -> nn.Module:
        """The same around the network as a trunk."""
        inner = self.network.trunk(self._with_vectors(columns), features)
        trunk = self._around(inner)
        trunk.particle_width = inner.particle_width
        return trunk

    def _with_vectors(self, columns: Columns) -> Columns:
        kinds = {name: self._kind(columns, name) for name in self.vocabulary}
        return columns.plus({name: ColumnType("float32", (self.width,), kind.jagged) for name, kind in kinds.items()})

    def _around(self, inner: nn.Module) -> nn.Module:
        from hepdl_networks.embeddings import Embeddings, Lookup

        lookups = [Lookup(values, self.width, self.unknown) for values in self.vocabulary.values()]
        return Embeddings(inner, [self.network.arguments.index(name) for name in self.vocabulary], lookups)

    def prepare(self, module: nn.Module, train: Rows, validate: Rows, job: Job) -> None:
        """Fill the vocabularies that are not given, and look for values outside; ``BadValues`` when there are any and
        ``unknown`` is ``error``.
        """
        from hepdl.learning.trunk import behind

        for (name, values), lookup in zip(self.vocabulary.items(), module.lookups, strict=True):  # type: ignore[arg-type]
            if isinstance(values, int) and len(train):
                lookup.learn(train.everything([name])[name])
            for part, rows in {"training": train, "validation": validate}.items():
                if len(rows):
                    lookup.report(rows.everything([name])[name], name, part, job)
        self.network.prepare(behind(module.inner), train, validate, job)  # type: ignore[arg-type]

    def _kind(self, columns: Columns, name: str) -> ColumnType:
        kind, values = columns.need(name, "Embedded"), self.vocabulary[name]
        if kind.shape not in ((), (1,)):
            raise WiringError(f"Embedded: '{name}' is {kind}; a category is one number; embed them one by one")
        largest = max((abs(value) for value in values), default=0) if isinstance(values, list) else 0
        if kind.dtype == "float32" and largest > EXACT:
            raise WiringError(f"Embedded: '{name}' is float32, too coarse for {largest}; use an integer column")
        return kind
