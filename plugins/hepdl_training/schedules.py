"""Schedules: factors on the learning rate over a training."""

from __future__ import annotations

import math

from hepdl.description import parameter
from hepdl.learning.parts import Schedule


class Constant(Schedule):
    """The rate stays as it is."""

    def factor(self, step: int, steps: int) -> float:
        """1."""
        return 1.0


class Cosine(Schedule):
    """Constant at first, then down along half a cosine (Loshchilov and Hutter, arXiv:1608.03983)."""

    start: float = parameter(0.0, ge=0, lt=1)
    """Share of the training after which the rate begins to fall."""
    end: float = parameter(0.0, ge=0, le=1)
    """Factor at the end."""

    def factor(self, step: int, steps: int) -> float:
        """Between 1 and ``end``."""
        way = max(0.0, (step / steps - self.start) / (1 - self.start))
        return self.end + (1 - self.end) * 0.5 * (1 + math.cos(math.pi * way))


class Warmup(Schedule):
    """Up from 0 in a straight line, then another schedule."""

    length: float = parameter(0.05, gt=0, lt=1)
    """Share of the training in which the rate rises."""
    then: Schedule = Constant()
    """The schedule of the whole training that is multiplied on it."""

    def factor(self, step: int, steps: int) -> float:
        """Between 0 and 1."""
        return min(1.0, (step + 1) / (self.length * steps)) * self.then.factor(step, steps)


class Stairs(Schedule):
    """Down by a factor at given places."""

    at: list[float] = [0.5, 0.75]
    """Shares of the training at which the rate falls."""
    by: float = parameter(0.1, gt=0, lt=1)
    """Factor of each fall."""

    def factor(self, step: int, steps: int) -> float:
        """A power of ``by``."""
        return float(self.by ** sum(step >= place * steps for place in self.at))
