"""Penalties: what keeps a score from depending on a nuisance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.learning.parts import Density, Penalty

if TYPE_CHECKING:
    from torch import nn


class DistanceCorrelation(Penalty):
    """DisCo (arXiv:2001.05310): the squared distance correlation of score and nuisance, which is 0 only when they are
    independent. The estimator is unbiased in each batch, with event weights; batches of 1,000 and more are advised.
    """

    power: Literal[1, 2] = 2
    """Of the distance correlation: 2 as published, 1 pulls harder near independence."""

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`~hepdl_training.distance_correlation.DisCo`."""
        from hepdl_training.distance_correlation import DisCo

        return DisCo(self.power)


class MomentDecomposition(Penalty):
    """MoDe (arXiv:2010.09745, equation 5): how far the distribution of the score in bins of the nuisance is from the
    nearest one whose moments along the nuisance are polynomials up to ``order``: 0 asks for independence, 1 allows a
    linear dependence, 2 a quadratic one.
    """

    order: int = parameter(0, ge=0, le=4)
    """Highest power of the nuisance that the score may depend on."""
    bins: int = parameter(16, ge=3)
    """Bins of the nuisance, of equal weight in the training part."""

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`~hepdl_training.moment_decomposition.MoDe`."""
        from hepdl_training.moment_decomposition import MoDe

        return MoDe(self.order, self.bins)


class GradientReversal(Penalty):
    """An adversary that learns in the same step, behind a layer that reverses its gradient (arXiv:1505.07818).

    Cheaper than a pivot's duel, in which the adversary has several steps of its own, and weaker against a strong
    classifier.
    """

    positional: ClassVar[tuple[str, ...]] = ("adversary",)

    adversary: Density
    """Reads the score, and nothing else, and tries to tell the nuisance."""
    reversal: float = parameter(1.0, gt=0)
    """Factor on the reversed gradient, beside the strength."""

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`~hepdl_training.reversal.ReversedAdversary`."""
        from hepdl_training.reversal import ReversedAdversary

        return ReversedAdversary(self.adversary.build(columns), self.reversal)
