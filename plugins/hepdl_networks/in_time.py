"""The torch module of :class:`hepdl_networks.frames.Frames`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from hepdl.events import Jagged
from hepdl.learning.equal_lengths import need_equal_lengths


class InTime(nn.Module):
    """A module on each frame, and one over the list of its results.

    ``places`` are those of the frames among the arguments, ``others`` those of what the second module is called with,
    -1 for the list of frames.
    """

    def __init__(self, frame: nn.Module, sequence: nn.Module, places: Sequence[int], others: Sequence[int]) -> None:
        super().__init__()
        self.frame, self.sequence, self._places, self._others = frame, sequence, list(places), list(others)

    def forward(self, *columns: torch.Tensor | Jagged) -> torch.Tensor | Jagged:
        """``[N, outputs]``, or a list of ``[n, outputs]`` when the second module answers for each frame."""
        lists = [as_list(columns[place]) for place in self._places]
        need_equal_lengths(lists)
        features = lists[0].with_values(self.frame(*(each.values for each in lists)))
        answer: torch.Tensor | Jagged = self.sequence(
            *(features if place < 0 else columns[place] for place in self._others)
        )
        return answer


def as_list(frames: torch.Tensor | Jagged) -> Jagged:
    """Frames ``[N, T, ...]`` as a list of T images an event."""
    if isinstance(frames, Jagged):
        return frames
    number, length = frames.shape[:2]
    known = torch.arange(number + 1) * length
    offsets = torch.arange(number + 1, device=frames.device) * length
    return Jagged(frames.flatten(0, 1), offsets, known)
