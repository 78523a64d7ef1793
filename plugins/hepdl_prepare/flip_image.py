"""FlipImage: augmentation of images by mirrors and quarter turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hepdl.columns import ColumnType
from hepdl.errors import WiringError
from hepdl.events import Column, Events
from hepdl_prepare.variant import Variant

if TYPE_CHECKING:
    import torch

    from hepdl.noise import Noise

AXES = {"horizontal": -1, "vertical": -2}


class FlipImage(Variant):
    """In training, mirrors images ``[C, H, W]`` at random, left to right or top to bottom, and turns them by 90°; all
    columns alike: ``FlipImage(["image"])`` makes ``image_varied``. For images whose sides mean the same: a jet image
    that JetImage has turned or flipped has lost this symmetry.
    """

    mirror: list[Literal["horizontal", "vertical"]] = ["horizontal", "vertical"]
    """Along which axes images are mirrored, each with probability ½."""
    turn: bool = True
    """Exchange rows and columns with probability ½: with both mirrors these are all turns by 90°."""

    def accept(self, name: str, kind: ColumnType) -> None:
        """Only images, square ones if they are turned."""
        if kind.jagged or len(kind.shape) != 3:
            raise WiringError(f"{self.label}: column '{name}' is {kind}; an image [channels, height, width] is needed")
        if self.turn and kind.shape[1] != kind.shape[2]:
            raise WiringError(f"{self.label}: image '{name}' is {kind}; only square ones can turn: say turn=False")

    def vary(self, events: Events, noise: Noise) -> dict[str, Column]:
        """The mirrored and turned images."""
        chosen = [noise.uniform() < 0.5 for _ in range(3)]
        return {copy: self._varied(events[name], chosen) for name, copy in self.made().items()}

    def _varied(self, image: torch.Tensor, chosen: list[torch.Tensor]) -> torch.Tensor:
        import torch

        masks = [each[:, None, None, None] for each in chosen]
        for axis, mask in zip(("horizontal", "vertical"), masks, strict=False):
            if axis in self.mirror:
                image = torch.where(mask, image.flip(AXES[axis]), image)
        return torch.where(masks[2], image.transpose(-1, -2), image) if self.turn else image
