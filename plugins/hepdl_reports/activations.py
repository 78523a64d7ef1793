"""What the convolutions of a network answer to some events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from hepdl.errors import WiringError


@dataclass(frozen=True)
class Layer:
    """A convolution with all that follows it up to the next one or to a pooling."""

    name: str
    kernels: np.ndarray
    """``[filters, channels, height, width]``."""
    answers: np.ndarray
    """``[N, filters, height, width]``, behind normalisation and activation."""

    @property
    def means(self) -> np.ndarray:
        """Mean absolute answer of each filter to each event, ``[N, filters]``."""
        means: np.ndarray = np.abs(self.answers).mean((2, 3))
        return means

    @property
    def silent(self) -> np.ndarray:
        """Whether a filter answers 0 everywhere to all events, ``[filters]``."""
        silent: np.ndarray = (self.answers == 0).all((0, 2, 3))
        return silent

    def strongest(self, most: int) -> np.ndarray:
        """Numbers of the filters with the largest mean answer to these events, ascending."""
        return np.sort(np.argsort(-self.means.sum(0), kind="stable")[:most])


def layers_of(network: nn.Module, columns: Sequence[Any], reader: str) -> list[Layer]:
    """Each convolution in two dimensions, in the order in which they are called for these columns."""
    calls: list[tuple[str, nn.Module, torch.Tensor]] = []

    def note(name: str, module: nn.Module, _: Any, answer: Any) -> None:
        if isinstance(answer, torch.Tensor) and answer.dim() == 4:
            calls.append((name, module, answer))

    leaves = [(name, module) for name, module in network.named_modules() if not list(module.children())]
    hooks = [module.register_forward_hook(partial(note, name)) for name, module in leaves]
    try:
        with torch.no_grad():
            network(*columns)
    finally:
        for hook in hooks:
            hook.remove()
    layers = [_layer(calls, place) for place, call in enumerate(calls) if isinstance(call[1], nn.Conv2d)]
    if not layers:
        raise WiringError(f"{reader}: the network has no convolution in two dimensions, there are no filters to show")
    return layers


def _layer(calls: Sequence[tuple[str, nn.Module, torch.Tensor]], place: int) -> Layer:
    """The convolution at this place, with what comes behind it and has its shape."""
    name, convolution, answer = calls[place]
    for _, module, later in calls[place + 1 :]:
        if isinstance(module, nn.Conv2d) or later.shape != answer.shape:
            break
        answer = later
    assert isinstance(convolution, nn.Conv2d)
    return Layer(name, convolution.weight.detach().cpu().numpy(), answer.cpu().numpy())
