"""Layers that the networks of this pack are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU,
    "gelu": nn.GELU, "silu": nn.SiLU, "selu": nn.SELU, "softplus": nn.Softplus, "linear": nn.Identity,
    "prelu": nn.PReLU, "celu": nn.CELU, "mish": nn.Mish, "relu6": nn.ReLU6, "hardtanh": nn.Hardtanh,
    "hardswish": nn.Hardswish, "softsign": nn.Softsign,
}  # fmt: skip


class Perceptron(nn.Module):
    """Dense layers over flat columns side by side: one argument ``[N]`` or ``[N, ...]`` each, ``[N, outputs]`` out."""

    def __init__(
        self, inputs: int, layers: Sequence[int], outputs: int, activations: Sequence[str], *,
        dropout: float = 0.0, batch_norm: bool = False, layer_norm: bool = False, initialisation: str = "default",
        residual: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = nn.Sequential()
        for width, activation in zip(layers, activations, strict=True):
            layer = _hidden(inputs, width, activation, dropout, batch_norm, layer_norm)
            if residual and width == inputs:
                self.layers.append(Residual(*layer))
            else:
                self.layers.extend(layer)
            inputs = width
        self.layers.append(nn.Linear(inputs, outputs))
        initialise(self, initialisation)

    def forward(self, *columns: torch.Tensor) -> torch.Tensor:
        """``[N, outputs]``, without activation."""
        result: torch.Tensor = self.layers(side_by_side(columns))
        return result


class BatchNorm(nn.BatchNorm1d):
    """Batch norm over ``[n, F]``; fewer than two rows, which have no spread, are normalised as outside training."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """``[n, F]``."""
        if values.shape[0] > 1 or not self.training:
            return super().forward(values)
        return nn.functional.batch_norm(
            values, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
        )


class Residual(nn.Sequential):
    """Some layers whose result is added to their input (arXiv:1512.03385)."""

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """``[N, F]``, as wide as it was."""
        result: torch.Tensor = hidden + super().forward(hidden)
        return result


def _hidden(
    inputs: int, width: int, activation: str, dropout: float, batch_norm: bool, layer_norm: bool
) -> list[nn.Module]:
    layer: list[nn.Module] = [nn.Linear(inputs, width)]
    if batch_norm:
        layer.append(BatchNorm(width))
    if layer_norm:
        layer.append(nn.LayerNorm(width))
    layer.append(ACTIVATIONS[activation]())
    if dropout:
        layer.append(nn.Dropout(dropout))
    return layer


def initialise(module: nn.Module, how: str) -> None:
    """Initialise the weights of linear layers and convolutions; biases become 0 unless ``how`` is ``"default"``."""
    if how == "default":
        return
    fill = getattr(nn.init, f"{how}_")
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            fill(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def side_by_side(columns: Sequence[torch.Tensor]) -> torch.Tensor:
    """Flat columns ``[N]``, ``[N, F]``, ... as one ``[N, sum of widths]`` of the default float type."""
    kind = torch.get_default_dtype()
    if len(columns) == 1 and columns[0].dim() == 2:
        return columns[0].to(kind)
    return torch.cat([column.reshape(len(column), math.prod(column.shape[1:])).to(kind) for column in columns], 1)
