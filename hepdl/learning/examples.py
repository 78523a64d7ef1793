"""What one example of a training is: an event, or a particle of it; and the target and weight of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, WiringError
from hepdl.jagged import Jagged

if TYPE_CHECKING:
    import torch

    from hepdl.events import Column
    from hepdl.learning.parts import Loss, Network


def values_of(target: Column) -> torch.Tensor:
    """The target of each example: ``[N]`` or ``[N, F]`` of events; of the particles of a list ``[n]`` or ``[n, F]``.

    A list with one feature, as ``Particles("t", ["track_origin"])`` makes it, is one number a particle.
    """
    if not isinstance(target, Jagged):
        return target  # type: ignore[no-any-return]
    values: torch.Tensor = target.values
    return values[:, 0] if values.dim() == 2 and values.shape[1] == 1 else values


def spread(weight: torch.Tensor, target: Column) -> torch.Tensor:
    """The weights ``[N]`` of events as those of the examples: each particle has the weight of its event."""
    return weight[target.event_index()] if isinstance(target, Jagged) else weight


def target_type(network: Network, columns: Columns, target: str, reader: str) -> ColumnType:
    """Type of the target of one example; ``WiringError`` unless it is a list just when the network answers for
    particles.
    """
    kind, name = columns.need(target, reader), type(network).__name__
    if network.per_particle and not kind.jagged:
        raise WiringError(
            f"{reader}: {name} answers for each particle of '{network.per_particle}', so its target must be a jagged "
            f"column of the same lengths, but '{target}' is {kind}; give such a list, or let it answer for events"
        )
    if kind.jagged and not network.per_particle:
        raise WiringError(
            f"{reader}: target '{target}' is jagged (one {kind.dtype} for each particle), but {name} answers for each "
            f"event; take a network that answers for particles, as answers='particle' does, or reduce the target "
            f"first, for example Define('{target}_sum', 'sum({target})')"
        )
    return ColumnType(kind.dtype) if kind.jagged and kind.shape == (1,) else ColumnType(kind.dtype, kind.shape)


def need_event_answers(network: Network, reader: str) -> None:
    """``WiringError`` for a network that answers for each particle where one answer an event is needed."""
    if network.per_particle:
        raise WiringError(
            f"{reader}: {type(network).__name__} answers for each particle of '{network.per_particle}', but one answer "
            "an event is needed; set answers='event'"
        )


def output_type(network: Network, loss: Loss, columns: Columns, target: str, reader: str) -> ColumnType:
    """Type of the column that a trained network adds: as jagged as its target."""
    outputs = loss.outputs(target_type(network, columns, target, reader))
    return ColumnType(shape=() if outputs == 1 else (outputs,), jagged=bool(network.per_particle))


def need_equal_lengths(target: Jagged, name: str, particles: Jagged, of: str) -> None:
    """Raise ``BadValues`` when a list of targets is not as long as the list of particles in some event."""
    other = (target.lengths != particles.lengths).nonzero()[:, 0]
    if len(other):
        first = int(other[0])
        lengths = f"{int(target.lengths[first])} and {int(particles.lengths[first])} particles"
        raise BadValues(
            f"target column '{name}' and '{of}' have different lengths in {len(other)} of {len(target)} events "
            f"({lengths} in the first of them); make both with the same Particles(..., most=, sort=), or with the same "
            "selection"
        )
