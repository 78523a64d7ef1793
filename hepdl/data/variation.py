"""Variation: the frozen steps from the first augmentation on, which run in every batch of a training."""

from __future__ import annotations

from collections.abc import Sequence

from hepdl.algorithm import Augmentation, DeviceAlgorithm
from hepdl.events import Column, Events

IDENTITY = ("source", "entry", "object")
"""Columns that tell the events of a run apart."""
KEY = "key of the event"
"""Column of a pool that keeps in one number what these tell."""


class Variation:
    """Frozen steps, of which those before the first augmentation give the same in each epoch."""

    def __init__(self, fixed: Sequence[DeviceAlgorithm], varied: Sequence[DeviceAlgorithm]) -> None:
        self._fixed, self._varied = fixed, varied

    def before(self, names: Sequence[str]) -> list[str]:
        """What a pool must hold, so that ``names`` can be made of it in each batch; ``names`` when nothing varies."""
        steps = self._needed(names)
        if not any(isinstance(step, Augmentation) for step in steps):
            return list(names)
        made, outside = set[str](), list[str]()
        for step in steps:
            outside += [name for name in _reads(step) if name not in made]
            made |= set(_made(step))
        return list(dict.fromkeys([*outside, *(name for name in names if name not in made), KEY]))

    def prepares(self, names: Sequence[str]) -> bool:
        """Whether a pool of these columns is one to be varied."""
        return KEY in names

    def prepare(self, events: Events, names: Sequence[str]) -> Events:
        """The columns of a pool: those of the fixed steps, plain ones of others if asked for, and the events' keys."""
        from hepdl.noise import keys_of

        plain = executed(events, [*self._fixed, *self._needed(names)])
        return plain.plus({KEY: keys_of(events)}).only(names)

    def vary(self, events: Events, names: Sequence[str], epoch: int) -> Events:
        """A batch with the columns ``names``, as they are in this epoch."""
        import torch

        from hepdl.noise import Noise

        made = {name for step in self._varied for name in _made(step)}
        events = events.only([name for name in events if name not in made])
        with torch.no_grad():
            for step in self._needed(names):
                if isinstance(step, Augmentation):
                    added = step.vary(events, Noise(events[KEY], step.job.seed_of("vary", epoch)))
                else:
                    added = step.execute(events)
                events = events.plus(added, step.label)
        return events.only(names)

    def _needed(self, names: Sequence[str]) -> list[DeviceAlgorithm]:
        """The steps that these columns need."""
        needed, wanted = list[DeviceAlgorithm](), set(names)
        for step in reversed(self._varied):
            if wanted & set(_made(step)):
                needed.append(step)
                wanted |= set(_reads(step))
        return needed[::-1]


def executed(events: Events, steps: Sequence[DeviceAlgorithm]) -> Events:
    """A block of tensors, and the columns that frozen steps make of it."""
    import torch

    with torch.no_grad():
        for step in steps:
            added: dict[str, Column] = step.execute(events)
            events = events.plus(added, step.label)
    return events


def _made(step: DeviceAlgorithm) -> list[str]:
    return list(step.declare(step.job.columns))


def _reads(step: DeviceAlgorithm) -> list[str]:
    return [*step.reads(), *step.wired("expression")]
