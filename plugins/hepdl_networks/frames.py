"""Frames: an image network on each frame, then a network over the sequence of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import model_validator

from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs, parameter
from hepdl.errors import WiringError
from hepdl.learning.parts import Network

if TYPE_CHECKING:
    from torch import nn

    from hepdl.data.rows import Rows
    from hepdl.job import Job


class Frames(Network):
    """Frames in time, as a shower that develops: one image network on each frame, then a network over the sequence of
    what it gives; they are trained together, through time.
    ``Frames(frame=Convolutional(inputs=["movie"], output="frames"), sequence=Recurrent(inputs=["frames"]))``

    The frame network's inputs are columns ``[T, C, H, W]`` of the same T frames each, or lists of images ``[C, H, W]``,
    any number an event; it sees one frame at a time. The sequence network finds its results as a list of the name of
    the frame network's ``output``, and may read other columns beside.
    """

    inputs: Inputs = []
    """Columns of both networks; taken from them."""
    frame: Network
    """The network on each frame, as Convolutional or ImageNetwork."""
    sequence: Network
    """The network over the list of frames, as Recurrent."""
    features: int = parameter(32, ge=1)
    """Numbers that a frame is turned into."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, values: dict[str, Any]) -> dict[str, Any]:
        frame, sequence = values.get("frame"), values.get("sequence")
        if values.get("inputs") or not (isinstance(frame, Network) and isinstance(sequence, Network)):
            return values
        others = [name for name in sequence.arguments if name != frame.output]
        return values | {"inputs": list(dict.fromkeys([*frame.arguments, *others]))}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.frame.output not in self.sequence.arguments:
            raise ValueError(
                f"the sequence network reads {self.sequence.arguments}, but the frame network gives "
                f"'{self.frame.output}'; let the first read what the second gives"
            )
        return self

    def wired(self, kind: str) -> list[str]:
        """What the frame network gives is no column."""
        return [name for name in super().wired(kind) if name != self.frame.output]

    @property
    def per_particle(self) -> str:
        """The list of frames, when the sequence network answers for each."""
        if not self.sequence.per_particle:
            return ""
        return (
            self.frame.arguments[0] if self.sequence.per_particle == self.frame.output else self.sequence.per_particle
        )

    def build(self, columns: Columns, outputs: int) -> nn.Module:
        """A :class:`~hepdl_networks.in_time.InTime`; ``WiringError`` for columns that hold no frames."""
        from hepdl_networks.in_time import InTime

        kinds = {name: columns.need(name, "Frames") for name in self.frame.arguments}
        frames = {name: _one_frame(name, kind) for name, kind in kinds.items()}
        _need_alike(kinds)
        single = self.frame.build(columns.plus(frames), self.features)
        listed = {self.frame.output: ColumnType("float32", (self.features,), jagged=True)}
        sequence = self.sequence.build(columns.plus(listed), outputs)
        places = [self.inputs.index(name) for name in self.frame.arguments]
        others = [-1 if name == self.frame.output else self.inputs.index(name) for name in self.sequence.arguments]
        return InTime(single, sequence, places, others)

    def prepare(self, module: nn.Module, train: Rows, validate: Rows, job: Job) -> None:
        """As each of the two networks needs it."""
        self.frame.prepare(module.frame, train, validate, job)  # type: ignore[arg-type]
        self.sequence.prepare(module.sequence, train, validate, job)  # type: ignore[arg-type]


def _one_frame(name: str, kind: ColumnType) -> ColumnType:
    """The type of a single frame."""
    if kind.jagged and len(kind.shape) > 1:
        return ColumnType(kind.dtype, kind.shape)
    if kind.jagged or len(kind.shape) < 3:
        raise WiringError(
            f"Frames: column '{name}' is {kind}; frames [frames, channels, height, width] or a list of images (a "
            "jagged column) are needed"
        )
    return ColumnType(kind.dtype, kind.shape[1:])


def _need_alike(kinds: dict[str, ColumnType]) -> None:
    numbers = {name: "any" if kind.jagged else kind.shape[0] for name, kind in kinds.items()}
    if len(set(numbers.values())) > 1:
        raise WiringError(f"Frames: the columns differ in the number of frames: {numbers}")
