"""The torch module of a convolutional network: a trunk of stages, dense layers, maybe side heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from hepdl.errors import WiringError
from hepdl_networks.images import ImageShape
from hepdl_networks.trunk import MEANS

SIDE = 0.3
"""Weight of the loss of an auxiliary classifier (arXiv:1409.4842)."""
LARGEST = 1024
"""Length up to which the smallest image is looked for."""


class Convolved(nn.Module):
    """Images ``[N, C, ...]`` (or ``[N, ...]`` of one channel), stacked as channels, to ``[N, outputs]``.

    In training the answer for an event is that of a side head with probability in proportion to ``SIDE``, the main
    head's to 1: in the mean any loss is then the published sum of the losses of all heads.
    """

    def __init__(
        self, stages: Sequence[nn.Module], head: nn.Module, sides: dict[int, nn.Module] | None = None,
        dimensions: int = 2,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stages, self.head = nn.ModuleList(stages), head
        self.sides = nn.ModuleDict({str(stage): side for stage, side in (sides or {}).items()})
        self.dimensions = dimensions

    def forward(self, *images: torch.Tensor) -> torch.Tensor:
        """``[N, outputs]``, without activation."""
        image, answers = stacked(images, self.dimensions), []
        for number, stage in enumerate(self.stages):
            image = stage(image)
            if self.training and str(number) in self.sides:
                answers.append(self.sides[str(number)](image))
        answer: torch.Tensor = self.head(image)
        return _drawn(answer, answers) if answers else answer


def stacked(images: Sequence[torch.Tensor], dimensions: int) -> torch.Tensor:
    """Images ``[N, C, ...]`` or ``[N, ...]`` of equal size as one ``[N, sum of C, ...]`` of the default float type."""
    kind = torch.get_default_dtype()
    return torch.cat([(x if x.dim() > dimensions + 1 else x[:, None]).to(kind) for x in images], 1)


def _drawn(answer: torch.Tensor, others: Sequence[torch.Tensor]) -> torch.Tensor:
    place = torch.rand(len(answer), 1, device=answer.device) * (1 + SIDE * len(others))
    for number, other in enumerate(others):
        answer = torch.where(place >= 1 + SIDE * number, other, answer)
    return answer


def need_size(make: Callable[[], Sequence[nn.Module]], image: ImageShape, network: str) -> list[tuple[int, ...]]:
    """Shape ``(C, ...)`` of the image behind each module; :class:`WiringError` when it is too small for them."""
    with torch.device("meta"):
        trunk = make()
    shapes = _shapes(trunk, image.channels, image.size)
    if shapes is None:
        needed = _smallest(trunk, image)
        what = f"the smallest is {needed}" if needed else "leave out some poolings or strides"
        raise WiringError(f"{network}: an image of {image.text} is too small, {what}")
    return shapes


def _shapes(trunk: Sequence[nn.Module], channels: int, size: Sequence[int]) -> list[tuple[int, ...]] | None:
    image, shapes = torch.zeros(1, channels, *size, device="meta"), []
    try:
        for module in trunk:
            image = module.eval()(image)
            shapes.append(tuple(image.shape[1:]))
    except RuntimeError:  # torch's word for a window larger than the image
        return None
    return shapes if image.numel() else None


def _smallest(trunk: Sequence[nn.Module], image: ImageShape) -> str:
    low, high = 0, LARGEST
    while high - low > 1:
        middle = (low + high) // 2
        fits = _shapes(trunk, image.channels, [middle] * len(image.size)) is not None
        low, high = (low, middle) if fits else (middle, high)
    return ImageShape(0, (high,) * len(image.size)).text if high < LARGEST else ""


def at_most(size: Sequence[int], grid: int) -> nn.Module:
    """An average pooling that leaves at most ``grid`` cells along each axis."""
    kernel = tuple(-(-n // grid) for n in size)
    return MEANS[len(size)](kernel) if max(kernel) > 1 else nn.Identity()
