"""The torch module of :class:`hepdl_networks.categorical.Categorical`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from hepdl.errors import BadValues
from hepdl_networks.layers import Perceptron, side_by_side

if TYPE_CHECKING:
    from hepdl_networks.categorical import Categorical


class ClassProbabilities(nn.Module):
    """The torch module of :class:`Categorical`."""

    values: torch.Tensor

    def __init__(self, description: Categorical, inputs: int) -> None:
        super().__init__()
        activations = [description.activation] * len(description.layers)
        self.network = Perceptron(inputs, description.layers, description.classes, activations)
        self.shift, self.scale = description.shift, description.scale
        self.register_buffer("values", torch.arange(description.classes, dtype=torch.get_default_dtype()))

    def prepare(self, target: torch.Tensor, weight: torch.Tensor) -> None:
        """Take the distinct values from the targets ``[N]`` of events with weight ``[N]``."""
        found = target[weight != 0].to(self.values.dtype).unique()
        if len(found) != len(self.values):
            shown = ", ".join(f"{value:g}" for value in found[:12].tolist())
            raise BadValues(
                f"Categorical: its target has {len(found)} distinct values ({shown}{', ...' * (len(found) > 12)}), "
                f"but classes={len(self.values)}; for a continuous target use MixtureDensity"
            )
        self.values.copy_(found)

    def check(self, target: torch.Tensor) -> None:
        """Raise :class:`BadValues` when targets ``[N]`` have a value that was not in training."""
        strange = ~(target[:, None].to(self.values.dtype) == self.values).any(1)
        if bool(strange.any()):
            raise BadValues(
                f"Categorical: {int(strange.sum())} targets are none of {self.values.tolist()}, "
                f"for example {float(target[strange][0]):g}"
            )

    def log_prob(self, target: torch.Tensor, *inputs: torch.Tensor) -> torch.Tensor:
        """log P(target | inputs) ``[N]`` in nats; a target must be one that :meth:`check` lets pass."""
        logits = torch.log_softmax(self.network((side_by_side(inputs) - self.shift) * self.scale), 1)
        mine = target[:, None].to(self.values.dtype) == self.values
        return (logits * mine).sum(1)
