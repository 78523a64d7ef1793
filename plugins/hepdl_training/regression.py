"""Losses of regression: what a network learns of a number, from its mean to its quantiles."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.columns import ColumnType
from hepdl.description import parameter
from hepdl.errors import WiringError
from hepdl.learning.parts import Loss

if TYPE_CHECKING:
    import torch

NARROWEST = 1e-6
"""No width is predicted below this share of ``scale``."""


class Regression(Loss):
    """A loss of the distance to the target, in units in which a fresh network is about right.

    The network learns (target − ``shift``) / ``scale``; the column that goes out is in units of the target.
    """

    shift: float = 0.0
    """A typical target; the network begins there."""
    scale: float = parameter(1.0, gt=0)
    """A typical distance of targets from ``shift``: 30 for masses spread over some 30 GeV."""

    def outputs(self, target: ColumnType) -> int:
        """One for each member of the target."""
        return target.width

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """``[N]`` in units of ``scale``: the mean over the members of the target."""
        return self.of(prediction - self.standard(target).reshape(prediction.shape)).mean(1)

    def of(self, distance: torch.Tensor) -> torch.Tensor:
        """The loss of each distance ``[N, F]`` in units of ``scale``."""
        raise NotImplementedError

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        """``[N]`` or ``[N, F]`` in units of the target."""
        plain = self.shift == 0 and self.scale == 1
        restored = prediction if plain else self.shift + self.scale * prediction
        return restored[:, 0] if restored.shape[1] == 1 else restored

    def standard(self, target: torch.Tensor) -> torch.Tensor:
        """(target − shift) / scale."""
        if self.shift == 0 and self.scale == 1:
            return target
        return (target - self.shift) / self.scale


class Huber(Regression):
    """Squared distance up to ``delta``, then absolute: a mean that outliers do not drag along (Huber 1964).

    ½ d² for |d| < δ, else δ (|d| − ½ δ), with d in units of ``scale``.
    """

    delta: float = parameter(1.0, gt=0)
    """Where it turns from squared to absolute, in units of ``scale``."""

    def of(self, distance: torch.Tensor) -> torch.Tensor:
        """``[N, F]``."""
        from torch.nn import functional

        return functional.huber_loss(distance, distance.new_zeros(()).expand_as(distance), "none", self.delta)


class LogCosh(Regression):
    """ln cosh d: as Huber's, smooth everywhere; d in units of ``scale``."""

    def of(self, distance: torch.Tensor) -> torch.Tensor:
        """``[N, F]``; by d + ln(1 + exp(−2 d)) − ln 2, which does not overflow."""
        import math

        from torch.nn import functional

        return distance + functional.softplus(-2 * distance) - math.log(2)


class Quantiles(Regression):
    """Quantiles of the target by the pinball loss (Koenker and Bassett, Econometrica 46, 33):
    ``Quantiles([0.16, 0.5, 0.84])`` gives the median and the central 68 %.

    The column that goes out is ``[N, quantiles]``, in ascending order: sorting quantiles that cross brings them nearer
    to the true ones (Chernozhukov, Fernández-Val and Galichon, arXiv:0704.3649).
    """

    positional = ("levels",)

    levels: list[float] = parameter([0.16, 0.5, 0.84], min_length=1)
    """Probabilities below the quantiles, ascending."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if any(not 0 < level < 1 for level in self.levels) or any(a >= b for a, b in pairwise(self.levels)):
            raise ValueError(f"levels must ascend between 0 and 1, they are {self.levels}")
        return self

    def outputs(self, target: ColumnType) -> int:
        """One for each quantile; the target is one number."""
        _need_number(target, "Quantiles")
        return len(self.levels)

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """``[N]`` in units of ``scale``: the sum over the quantiles of max(τ d, (τ − 1) d), d = target − quantile."""
        level = _row(self.levels, prediction)
        distance = self.standard(target).reshape(-1, 1) - prediction
        return (level * distance).maximum((level - 1) * distance).sum(1)

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        """``[N]`` for one quantile, else ``[N, quantiles]`` in ascending order."""
        return super().activate(prediction.sort(1).values)


class GaussianLikelihood(Regression):
    """Mean and width of a Gaussian, by −ln L = ½ ((target − μ) / σ)² + ln σ (Nix and Weigend 1994).

    The column that goes out is ``[N, 2]``, mean and width, in units of the target: an uncertainty for each event. The
    width is ln(1 + exp(·)) of an output (as in arXiv:1612.01474).
    """

    def outputs(self, target: ColumnType) -> int:
        """Mean and width; the target is one number."""
        _need_number(target, "GaussianLikelihood")
        return 2

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """``[N]`` in nats, up to a constant."""
        width = _width(prediction)
        return 0.5 * ((self.standard(target).reshape(-1) - prediction[:, 0]) / width).square() + width.log()

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        """``[N, 2]``."""
        import torch

        return torch.stack([self.shift + self.scale * prediction[:, 0], self.scale * _width(prediction)], 1)


def _width(prediction: torch.Tensor) -> torch.Tensor:
    from torch.nn import functional

    return functional.softplus(prediction[:, 1]) + NARROWEST


def _row(levels: list[float], like: torch.Tensor) -> torch.Tensor:
    """``[1, levels]`` on the device of ``like``, made there: nothing is copied from the host."""
    import torch

    return torch.stack([like.new_full((), level) for level in levels])[None, :]


def _need_number(target: ColumnType, name: str) -> None:
    if target.width != 1:
        raise WiringError(f"{name}: its target must be one number, not {target}; train one network for each")
