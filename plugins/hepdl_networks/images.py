"""Columns that hold images, without torch: their channels and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hepdl.columns import Columns
from hepdl.errors import WiringError


class ImageShape(NamedTuple):
    """Channels and size of an image."""

    channels: int
    size: tuple[int, ...]

    @property
    def text(self) -> str:
        """``25×25``."""
        return "×".join(map(str, self.size))


def image_shape(columns: Columns, names: Sequence[str], reader: str, dimensions: int | None = None) -> ImageShape:
    """The shape of these columns with the channels of all together.

    A column ``[C, H, W]`` has two dimensions, ``[C, D, H, W]`` three, ``[C, L]`` one, ``[L]`` one and a single
    channel. With ``dimensions`` a column of just so many axes has a single channel. Raises :class:`WiringError` for
    columns that are no images or differ in size.
    """
    if not names:
        raise WiringError(f"{reader}: inputs is empty, at least one column is needed")
    shapes = [_shape(columns, name, reader, dimensions) for name in names]
    for name, shape in zip(names, shapes, strict=True):
        if shape.size != shapes[0].size:
            raise WiringError(
                f"{reader}: images of one size are needed, but '{names[0]}' has {shapes[0].text} and '{name}' "
                f"{shape.text}; networks of different inputs can be joined with Fusion"
            )
    return ImageShape(sum(shape.channels for shape in shapes), shapes[0].size)


def _shape(columns: Columns, name: str, reader: str, dimensions: int | None) -> ImageShape:
    kind = columns.need(name, reader)
    if kind.jagged:
        raise WiringError(
            f"{reader}: column '{name}' is {kind}, a list in each event, but an image is needed; "
            f"make one first, for example with JetImage"
        )
    axes = dimensions or max(1, len(kind.shape) - 1)
    if len(kind.shape) not in (axes, axes + 1) or axes > 3:
        wanted = f"[channels{', length' * axes}] or [{', '.join(['length'] * axes)}]"
        raise WiringError(f"{reader}: column '{name}' is {kind}; an image {wanted} of 1 to 3 dimensions is needed")
    channels = kind.shape[0] if len(kind.shape) > axes else 1
    return ImageShape(channels, kind.shape[-axes:])
