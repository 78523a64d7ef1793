"""NeuralTuringMachine: a recurrent network with a memory beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl_networks.recurrent import SequenceNetwork

if TYPE_CHECKING:
    from torch import nn


class NeuralTuringMachine(SequenceNetwork):
    """An LSTM that reads from and writes to a memory of ``slots`` rows at places found by content and by steps from
    where it was (arXiv:1410.5401), then dense layers. The memory is empty before the first particle of each list.
    """

    width: int = parameter(64, ge=1)
    """Width of the LSTM that controls the heads."""
    slots: int = parameter(32, ge=2)
    """Rows of the memory."""
    cells: int = parameter(16, ge=1)
    """Numbers in a row of the memory."""
    heads: int = parameter(1, ge=1)
    """Number of heads that read, and of heads that write."""
    shift: int = parameter(1, ge=0)
    """How many rows a head can go forwards or backwards in one step."""

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.external_memory.ExternalMemory` for each particle."""
        from hepdl_networks.external_memory import ExternalMemory
        from hepdl_networks.stepping import Stepping

        cell = ExternalMemory(features, self.width, (self.slots, self.cells), self.heads, self.shift)
        return Stepping(cell), cell.width
