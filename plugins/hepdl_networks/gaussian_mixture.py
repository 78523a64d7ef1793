"""The torch module of :class:`hepdl_networks.mixture_density.MixtureDensity`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

from hepdl.errors import BadValues
from hepdl_networks.layers import Perceptron, side_by_side

if TYPE_CHECKING:
    from hepdl_networks.mixture_density import MixtureDensity


class GaussianMixture(nn.Module):
    """The torch module of :class:`MixtureDensity`."""

    centre: torch.Tensor
    width: torch.Tensor

    def __init__(self, description: MixtureDensity, inputs: int) -> None:
        super().__init__()
        activations = [description.activation] * len(description.layers)
        self.network = Perceptron(inputs, description.layers, 3 * description.components, activations)
        self.bounds = (description.min_log_width, description.max_log_width)
        self.shift, self.scale = description.shift, description.scale
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("width", torch.ones(()))

    def prepare(self, target: torch.Tensor, weight: torch.Tensor) -> None:
        """Take centre and width of the target ``[N]`` from events with weight ``[N]``."""
        self.check(target[weight != 0])
        weight = weight.abs()
        values = torch.where(weight > 0, target.to(self.centre.dtype), 0)
        centre = (weight * values).sum() / weight.sum()
        width = (weight * (values - centre).square()).sum().div(weight.sum()).sqrt()
        if not float(width) > 0:
            raise BadValues(f"MixtureDensity: its target has the same value, {float(centre):g}, in all events")
        self.centre.copy_(centre)
        self.width.copy_(width)

    def check(self, target: torch.Tensor) -> None:
        """Raise :class:`BadValues` when targets ``[N]`` are not finite."""
        bad = int((~target.isfinite()).sum())
        if bad:
            raise BadValues(f"MixtureDensity: {bad} values of its target are NaN or infinite")

    def log_prob(self, target: torch.Tensor, *inputs: torch.Tensor) -> torch.Tensor:
        """log p(target | inputs) ``[N]`` in nats, per natural unit of the target ``[N]``."""
        y = (target.to(self.centre.dtype) - self.centre) / self.width
        parameters = self.network((side_by_side(inputs) - self.shift) * self.scale)
        share, mean, log_width = parameters.chunk(3, dim=1)
        log_width = log_width.clamp(*self.bounds)
        pull = (y[:, None] - mean) * torch.exp(-log_width)
        each = torch.log_softmax(share, 1) - log_width - 0.5 * pull.square()
        return torch.logsumexp(each, 1) - 0.5 * math.log(2 * math.pi) - torch.log(self.width)
