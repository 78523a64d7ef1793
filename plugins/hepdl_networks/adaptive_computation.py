"""AdaptiveComputation: a recurrent network that thinks longer about what is harder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl_networks.recurrent import CellName, SequenceNetwork

if TYPE_CHECKING:
    from torch import nn


class AdaptiveComputation(SequenceNetwork):
    """A recurrent cell that is applied several times to each particle before the next one, how often it learns
    (adaptive computation time, arXiv:1603.08983), then dense layers.

    Each further step costs: the gradient of ``cost`` × (steps + remainder), mean over the particles, is added to that
    of whatever loss the network is trained with (equation 13); the loss that is printed does not contain it.
    """

    cell: CellName = "LSTM"
    """What is repeated."""
    width: int = parameter(64, ge=1)
    """Width of its state."""
    most: int = parameter(10, ge=1)
    """Most steps on one particle."""
    cost: float = parameter(1e-3, ge=0)
    """Price of a step, τ of the paper."""

    def body(self, columns: Columns, features: int) -> tuple[nn.Module, int]:
        """A :class:`~hepdl_networks.pondering.Pondering` for each particle."""
        from hepdl_networks.pondering import Pondering, Priced
        from hepdl_networks.stepping import Stepping

        stepping = Stepping(Pondering(self.cell, features, self.width, self.most))
        return Priced(stepping, self.cost), self.width
