"""What :class:`hepdl_training.next_in_sequence.NextInSequence` minimises, and how it runs free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from hepdl.errors import BadValues
from hepdl.events import Events, Jagged
from hepdl.learning.weights import Weighting
from hepdl_training.continuation import cut, grown, last, longer

if TYPE_CHECKING:
    from hepdl.data.rows import Rows
    from hepdl.job import Job
    from hepdl_training.next_in_sequence import NextInSequence


class Steps(nn.Module):
    """A network, and centre and spread ``[F]`` of the step from a particle to the next."""

    centre: torch.Tensor
    spread: torch.Tensor

    def __init__(self, network: nn.Module, features: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("centre", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))


class SequenceObjective:
    """The weighted mean loss of the steps of all lists."""

    def __init__(self, scheme: NextInSequence) -> None:
        self.network, self.loss, self.sequence = scheme.network, scheme.loss, scheme.sequence
        self.teacher = scheme.teacher
        self.weighting = Weighting(scheme.weight, scheme.negative_weights)
        self.names = list(dict.fromkeys([*self.network.arguments, *self.weighting.names]))
        self._steps = 1.0

    def fit(self, module: Steps, train: Rows, validate: Rows, job: Job) -> SequenceObjective:
        """Take centre and spread from the training part, each step with the weight of its event."""
        self.weighting.fit(train, job)
        for rows in (train, validate):
            if len(rows):
                _refuse_not_finite(rows.everything([self.sequence])[self.sequence].values, self.sequence)
        events = train.everything(list(dict.fromkeys([self.sequence, *self.weighting.names])))
        particles = _features(events[self.sequence])
        weight = self._weight(particles, events)[:, None]
        self._steps = float(weight.sum()) / len(events)
        if not self._steps > 0:
            raise BadValues(
                f"'{self.sequence}': the weights of steps from a particle to the next add up to {float(weight.sum()):g}"
                " in the training part; lists of at least two particles are needed"
            )
        step, size = _next(particles) - particles.values, weight.abs()
        centre = (size * step).sum(0) / size.sum()
        spread = ((size * (step - centre).square()).sum(0) / size.sum()).sqrt()
        module.centre.copy_(centre)
        module.spread.copy_(torch.where(spread > 1e-6 * centre.abs() + 1e-30, spread, 1))  # all steps alike: no unit
        return self

    def mean(self, module: Steps, events: Events) -> torch.Tensor:
        """Loss of a batch in training, a scalar on the device."""
        particles = _features(events[self.sequence])
        given = particles if self.teacher == 1 else self._own(module, particles, events)
        values, weight = self._each(module, particles, given, events)
        return (values * weight).sum() / (len(events) * self._steps)

    def over(self, module: Steps, rows: Rows, size: int) -> torch.Tensor:
        """Σ w l / Σ w over a part, with true particles, network in eval mode; NaN for an empty part."""
        was_training = module.training
        module.eval()
        total = torch.zeros(2, device=rows.device)
        with torch.no_grad():
            for events in rows.batches(self.names, size):
                particles = _features(events[self.sequence])
                values, weight = self._each(module, particles, particles, events)
                total += torch.stack([(values * weight).sum(), weight.sum()])
        module.train(was_training)
        return total[0] / total[1]

    def column(self, module: Steps, events: Events) -> Jagged:
        """What comes next after each particle."""
        given = _features(events[self.sequence])
        return self._shaped(given.with_values(self._answer(module, given, events)), events)

    def continuation(self, module: Steps, events: Events, steps: int, seen: int) -> Jagged:
        """``steps`` particles behind the first ``seen`` of each list, or behind all."""
        given = _features(events[self.sequence])
        began = given = cut(given, seen) if seen else given
        said = []
        for _ in range(steps):
            said.append(last(given.with_values(self._answer(module, given, events))))
            given = longer(given, said[-1])
        return self._shaped(grown(torch.stack(said, 1), began), events)

    def _each(
        self, module: Steps, particles: Jagged, given: Jagged, events: Events
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss and weight of each particle ``[n]``; the last of a list has no next one, and weight 0."""
        target = (_next(particles) - given.values - module.centre) / module.spread
        return self.loss.loss(self._raw(module, given, events), target), self._weight(particles, events)

    def _raw(self, module: Steps, given: Jagged, events: Events) -> torch.Tensor:
        columns = [given if name == self.sequence else events[name] for name in self.network.arguments]
        answer: torch.Tensor = module.network(*columns).values
        return answer

    def _answer(self, module: Steps, given: Jagged, events: Events) -> torch.Tensor:
        """The next particle ``[n, F]`` after each that is given."""
        step = self.loss.activate(self._raw(module, given, events)).reshape(given.values.shape)
        return given.values + step * module.spread + module.centre

    def _own(self, module: Steps, particles: Jagged, events: Events) -> Jagged:
        """The particles, some of which are what the network said they would be; the first ones are always true."""
        with torch.no_grad():
            said = self._answer(module, particles, events)
        before = torch.cat([said[:1], said[:-1]])
        drawn = torch.rand_like(particles.values[:, :1]) >= self.teacher
        first = _place(particles) == 0
        return particles.with_values(torch.where(drawn & ~first[:, None], before, particles.values))

    def _weight(self, particles: Jagged, events: Events) -> torch.Tensor:
        event = particles.event_index()
        has_next = _place(particles) < particles.lengths[event] - 1
        return self.weighting(events)[event] * has_next

    def _shaped(self, lists: Jagged, events: Events) -> Jagged:
        """One number a particle as ``[n]``, where the sequence is so."""
        shape = events[self.sequence].values.shape[1:]
        return lists.with_values(lists.values.reshape(lists.values.shape[0], *shape).float())


def _features(particles: Jagged) -> Jagged:
    """Particles as ``[n, F]`` of the default float type."""
    values = particles.values.to(torch.get_default_dtype())
    return particles.with_values(values[:, None] if values.dim() == 1 else values)


def _next(particles: Jagged) -> torch.Tensor:
    """The particle behind each one ``[n, F]``; behind the last of a list anything finite."""
    return torch.cat([particles.values[1:], particles.values[:1]])


def _place(particles: Jagged) -> torch.Tensor:
    """Place of each particle in its list, ``[n]``."""
    event = particles.event_index()
    return torch.arange(len(event), device=event.device) - particles.offsets[event]


def _refuse_not_finite(values: torch.Tensor, name: str) -> None:
    bad = int((~values.isfinite()).sum())
    if bad:
        raise BadValues(f"sequence '{name}': {bad} values are NaN or infinite")
