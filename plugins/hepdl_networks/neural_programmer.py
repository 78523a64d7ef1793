"""NeuralProgrammer: answers questions about tables by operations on their columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hepdl.columns import Columns
from hepdl.description import Input, Inputs, parameter
from hepdl.errors import WiringError
from hepdl.learning.parts import Network

if TYPE_CHECKING:
    from torch import nn


class NeuralProgrammer(Network):
    """Reads a question, then chooses in each of a few steps one operation and one column of a table (arXiv:1511.04834).
    In training it chooses softly, a mean over all choices, so that they are learned from answers alone; afterwards it
    takes the best choice, and compares exactly.

    An event holds a table, the list of particles ``inputs`` ``[rows, columns]``, and a question, a list of tokens. The
    operations are sum and count of the chosen rows, the difference of two results, rows with a value greater or less
    than a number of the question, rows chosen in both or in one of the last two steps, and all rows. Tables of any
    length will do. It answers one number: its own loss is ``MeanSquaredError`` or ``MeanAbsoluteError``.
    """

    inputs: Inputs = parameter(min_length=1, max_length=1)
    """The table: one list of particles."""
    question: Input
    """Tokens of the question, a list of ``[n, Q]``."""
    number: Input
    """For each token the number that it stands for, NaN where it is none: what is compared with."""
    steps: int = parameter(3, ge=1)
    """Operations one after the other."""
    width: int = parameter(32, ge=1)
    """Width of what reads the question."""
    sharpness: float = parameter(10.0, gt=0)
    """Slope of a comparison in training, in 1 over the unit of the table: x is greater than y by
    sigmoid(sharpness (x − y))."""

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """A :class:`~hepdl_networks.programmer.Programmer`; ``WiringError`` for what is no table."""
        from hepdl_networks.programmer import Programmer

        for name in self.arguments:
            if not columns.need(name, "NeuralProgrammer").jagged:
                raise WiringError(f"NeuralProgrammer: '{name}' must be a list (a jagged column), not {columns[name]}")
        if outputs != 1:
            raise WiringError(f"NeuralProgrammer answers one number, but {outputs} are asked for; give it such a loss")
        tokens = math.prod(columns[self.question].shape)
        return Programmer(math.prod(columns[self.inputs[0]].shape), tokens, self.width, self.steps, self.sharpness)
