"""SequenceToSequence: a network that answers with a list of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.columns import Columns
from hepdl.description import Input, Inputs, parameter
from hepdl.errors import WiringError
from hepdl.learning.parts import Network
from hepdl_networks.choices import total_width
from hepdl_networks.recurrent import CellName

if TYPE_CHECKING:
    from torch import nn


class SequenceToSequence(Network):
    """Reads a list of particles, then says another one, each particle with attention to all that it has read
    (arXiv:1409.0473). With flat ``inputs`` alone it is one-to-many: an event becomes a sequence.

    In training it sees the true particle before each one that it says (teacher forcing); afterwards its own.
    """

    inputs: Inputs = parameter(min_length=1)
    """Lists of one collection, side by side the features of what is read; flat ones tell how it begins to speak."""
    like: Input
    """List that is as long as the answer: in training the target, of which the values are then the teacher; elsewhere
    only its lengths are used."""
    cell: CellName = "GRU"
    """What reads and what speaks."""
    width: int = parameter(64, ge=1)
    """Width of the states, in each direction of reading."""
    bidirectional: bool = True
    """Whether lists are also read backwards."""
    teacher: bool = True
    """Whether training shows it the particle of ``like`` before each one; else its own, as without training. Own ones
    are network outputs, so a teacher is for losses whose target they are, as ``MeanSquaredError()``."""

    @property
    def per_particle(self) -> str:
        """The list that is as long as the answer."""
        return self.like

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """A :class:`~hepdl_networks.decoder.EncoderDecoder`; ``WiringError`` when ``like`` cannot be."""
        from hepdl_networks.decoder import Decoder, EncoderDecoder
        from hepdl_networks.recurrence import Recurrence

        self._check_like(columns, outputs)
        kinds = {name: columns.need(name, "SequenceToSequence") for name in self.inputs}
        lists, flat = ([name for name, kind in kinds.items() if kind.jagged is jagged] for jagged in (True, False))
        features = sum(kinds[name].width for name in lists)
        encoder = Recurrence(self.cell, features, [self.width], self.bidirectional, 0.0) if lists else None
        beside = total_width(columns, flat, "SequenceToSequence") if flat else 0
        decoder = Decoder(self.cell, encoder.width if encoder else 0, beside, self.width, outputs)
        places = [[self.arguments.index(name) for name in names] for names in (lists, flat)]
        return EncoderDecoder(encoder, decoder, *places, self.teacher)

    def _check_like(self, columns: Columns, outputs: int) -> None:
        kind = columns.need(self.like, "SequenceToSequence")
        if not kind.jagged:
            raise WiringError(f"SequenceToSequence: like='{self.like}' must be a list (a jagged column), not {kind}")
        if self.teacher and kind.width != outputs:
            raise WiringError(
                f"SequenceToSequence: '{self.like}' ({kind}) cannot teach a network with {outputs} outputs a particle; "
                "let it be the target, or set teacher=False"
            )
