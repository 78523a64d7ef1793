"""Checks of networks and densities: each says what is wrong, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hepdl.columns import Columns
from hepdl.contract.life import on_device, waits_on
from hepdl.description import Description
from hepdl.errors import ContractBroken
from hepdl.events import Events, Jagged
from hepdl.learning.parts import Density, Network

if TYPE_CHECKING:
    import torch
    from torch import nn


def arguments_of(part: Network | Density) -> list[str]:
    """The columns that the module of a part is called with."""
    return part.arguments if isinstance(part, Network) else part.inputs


@dataclass(frozen=True)
class PartSubject:
    """A part under test and what it is fed."""

    part: Description
    columns: Columns
    events: Events
    """Host events with the inputs and, for densities and losses, ``target``."""
    outputs: int = 2
    device: str = "shadow"
    seed: int = 1
    rtol: float = 1e-4
    atol: float = 1e-5

    @property
    def label(self) -> str:
        """Name for messages."""
        return type(self.part).__name__

    @cached_property
    def states(self) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], list[Any]]:
        """State after three SGD steps on the CPU and on the device, and the waits in the device's steps."""
        expected, _ = _three_steps(self, "cpu")
        with on_device(self.device):
            got, waits = _three_steps(self, self.device)
        return expected, got, waits

    def module(self) -> nn.Module:
        """The torch module, freshly initialised from the seed."""
        import torch

        torch.manual_seed(self.seed)
        if isinstance(self.part, Network):
            return self.part.build(self.columns, self.outputs)
        assert isinstance(self.part, Density)
        return self.part.build(self.columns)

    @property
    def per_particle(self) -> str:
        """The list for each particle of which a network answers; empty for all else."""
        return self.part.per_particle if isinstance(self.part, Network) else ""

    def examples(self, events: Events) -> int:
        """Rows that the answer to these events must have: one an event, or one a particle."""
        return len(events[self.per_particle].values) if self.per_particle else len(events)

    def result(self, module: nn.Module, events: Events) -> torch.Tensor:
        """Output of a network, log-density of a density, for events on the module's device.

        Of an answer for each particle the values ``[n, outputs]``; ``ContractBroken`` when it is no such list.
        """
        assert isinstance(self.part, Network | Density)
        inputs = [events[name] for name in arguments_of(self.part)]
        forward: Any = module.log_prob if isinstance(self.part, Density) else module
        target = [events["target"]] if isinstance(self.part, Density) else []
        found: Any = forward(*target, *inputs)
        return self._values(found, events[self.per_particle]) if self.per_particle else found

    def _values(self, found: Any, particles: Jagged) -> torch.Tensor:
        if not isinstance(found, Jagged):
            raise ContractBroken(f"it says per_particle = '{self.per_particle}', but its answer is no list (Jagged)")
        if found.offsets is not particles.offsets and not found.offsets.equal(particles.offsets):
            raise ContractBroken(f"the lists of its answer are not as long as those of '{self.per_particle}'")
        values: torch.Tensor = found.values
        return values

    def prepared(self, device: str = "cpu") -> tuple[nn.Module, Events]:
        """The module, told about the targets if it is a density, and the events, both on the device."""
        module, events = self.module().to(device), self.events.to(device)
        if isinstance(self.part, Density):
            module.prepare(events["target"], events["weight"])  # type: ignore[operator]
        return module, events


def shaped(subject: PartSubject) -> str:
    """The module answers ``[N, outputs]`` (a density: ``[N]``; for each particle: a list) in floats, all finite."""
    module, events = subject.prepared()
    return _shape_problem(subject, subject.result(module.eval(), events), subject.examples(events))


def one_event(subject: PartSubject) -> str:
    """One event gets alone what it gets among others."""
    import torch

    module, events = subject.prepared()
    first = subject.events.rows(0, 1).to("cpu")
    alone = subject.result(module.eval(), first)
    among = subject.result(module, events)[: subject.examples(first)]
    return (
        ""
        if alone.shape == among.shape and torch.allclose(alone, among, subject.rtol, subject.atol)
        else f"{alone} alone, {among} among others"
    )


def empty(subject: PartSubject) -> str:
    """A block without events gives no rows."""
    module, _ = subject.prepared()
    return _shape_problem(subject, subject.result(module.eval(), subject.events.rows(0, 0).to("cpu")), 0)


def differentiable(subject: PartSubject) -> str:
    """Every weight has a gradient, and it is finite."""
    module, events = subject.prepared()
    subject.result(module.train(), events).square().mean().backward()  # type: ignore[no-untyped-call]
    for name, weight in module.named_parameters():
        if weight.requires_grad and (weight.grad is None or not weight.grad.isfinite().all()):
            return f"weight '{name}' has {'no gradient' if weight.grad is None else 'a gradient that is not finite'}"
    return ""


def repeats(subject: PartSubject) -> str:
    """The same seed builds the same weights."""
    first, second = subject.module().state_dict(), subject.module().state_dict()
    other = [name for name, value in first.items() if not value.equal(second[name])]
    return f"weight '{other[0]}' differs between two builds with one seed" if other else ""


def saves(subject: PartSubject) -> str:
    """Its saved state, loaded into a fresh module, gives the same answer."""
    from safetensors.torch import load, save

    module, events = subject.prepared()
    fresh = subject.module()
    fresh.load_state_dict(load(save({name: value.clone() for name, value in module.state_dict().items()})))
    same = subject.result(fresh.eval(), events).equal(subject.result(module.eval(), events))
    return "" if same else "another answer after saving and loading: all that is learned belongs into the module"


def on_the_device(subject: PartSubject) -> str:
    """After three SGD steps on the device the state is that of the CPU."""
    import torch

    expected, got, _ = subject.states
    for name, value in expected.items():
        if not torch.allclose(value, got[name], subject.rtol, subject.atol, equal_nan=True):
            gap = float((value - got[name]).abs().max())
            return f"'{name}' differs by up to {gap:.3g} between the CPU and the device {subject.device}"
    return ""


def no_waiting(subject: PartSubject) -> str:
    """The host does not wait for the device in a training step (or ``synchronises`` says why)."""
    waits = [] if getattr(type(subject.part), "synchronises", "") else subject.states[2]
    places = sorted({str(wait) for wait in waits})
    return f"{len(waits)} waits in three training steps: {'; '.join(places[:5])}" if waits else ""


TRAINABLE: list[Callable[[PartSubject], str]] = [
    shaped, one_event, empty, differentiable, repeats, saves, on_the_device, no_waiting,
]  # fmt: skip


def _shape_problem(subject: PartSubject, result: torch.Tensor, n: int) -> str:
    shape = (n,) if isinstance(subject.part, Density) else (n, subject.outputs)
    if tuple(result.shape) != shape or not result.dtype.is_floating_point:
        return f"the answer is {result.dtype} {list(result.shape)}, not floats {list(shape)}"
    return "" if result.isfinite().all() else "the answer holds NaN or infinite values"


def _three_steps(subject: PartSubject, device: str) -> tuple[dict[str, torch.Tensor], list[Any]]:
    import torch

    module, events = subject.prepared(device)
    optimizer = torch.optim.SGD(module.train().parameters(), 0.01)
    torch.manual_seed(subject.seed)
    before = len(waits_on(device))
    for _ in range(3):
        optimizer.zero_grad()
        subject.result(module, events).square().mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    waits = waits_on(device)[before:]
    return {name: value.detach().cpu() for name, value in module.state_dict().items()}, waits
