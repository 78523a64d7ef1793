"""Torch modules of deep sets: each particle is looked at alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl.learning.equal_lengths import need_equal_lengths
from hepdl_networks.layers import ACTIVATIONS, BatchNorm, Perceptron


def phi(features: int, layers: Sequence[int], activation: str, batch_norm: bool = False) -> nn.Sequential:
    """Dense layers ``[n, features]`` → ``[n, layers[-1]]``, each with its activation.

    With batch norm the features are normalised too, and each layer before its activation.
    """
    *hidden, last = layers
    dense = Perceptron(features, hidden, last, [activation] * len(hidden), batch_norm=batch_norm)
    if not batch_norm:
        return nn.Sequential(dense, ACTIVATIONS[activation]())
    return nn.Sequential(BatchNorm(features), dense, BatchNorm(last), ACTIVATIONS[activation]())


class EachParticle(nn.Module):
    """Φ of each particle; with a collector also what that gives from the whole event of the particle."""

    def __init__(self, each: nn.Module, collector: nn.Module | None = None) -> None:
        super().__init__()
        self.each, self.collector = each, collector

    def forward(self, particles: Jagged) -> Jagged:
        """A list of ``[n, W]``, or of ``[n, 2 W]``."""
        latent = particles.with_values(self.each(particles.values))
        if self.collector is None:
            return latent
        event = self.collector(latent)[latent.event_index()]
        return latent.with_values(torch.cat([latent.values, event], 1))


class WeightedParticle(nn.Module):
    """Φ of each particle times its weight."""

    def __init__(self, each: nn.Module) -> None:
        super().__init__()
        self.each = each

    def forward(self, particles: Jagged, weight: Jagged) -> Jagged:
        """A list of ``[n, W]``."""
        need_equal_lengths([particles, weight])
        latent = self.each(particles.values)
        return particles.with_values(latent * weight.values.reshape(-1, 1).to(latent.dtype))
