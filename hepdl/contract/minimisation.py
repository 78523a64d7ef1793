"""Checks of losses, optimisers and schedules: each says what is wrong, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hepdl.contract.life import on_device
from hepdl.contract.parts import PartSubject
from hepdl.learning.parts import Loss, Optimizer, Schedule

if TYPE_CHECKING:
    import torch
    from torch import nn


def loss_shaped(subject: PartSubject) -> str:
    """The loss is ``[N]``, finite and differentiable; the activated prediction has a row an event."""
    prediction, target = _compared(subject, "cpu")
    assert isinstance(subject.part, Loss)
    loss = subject.part.loss(prediction, target)
    if tuple(loss.shape) != (len(target),):
        return f"the loss is {list(loss.shape)}, not [{len(target)}]: weights are applied by the training scheme"
    loss.mean().backward()  # type: ignore[no-untyped-call]
    if prediction.grad is None or not (loss.isfinite().all() and prediction.grad.isfinite().all()):
        return "the loss or its gradient is not finite"
    column = subject.part.activate(prediction.detach())
    return "" if len(column) == len(target) else f"activate() gives {list(column.shape)} for {len(target)} events"


def loss_empty(subject: PartSubject) -> str:
    """A block without events has a loss without rows."""
    assert isinstance(subject.part, Loss)
    prediction, target = _compared(subject, "cpu")
    loss = subject.part.loss(prediction[:0], target[:0])
    return "" if tuple(loss.shape) == (0,) else f"the loss of no events is {list(loss.shape)}, not [0]"


def loss_on_the_device(subject: PartSubject) -> str:
    """On the device the loss is that of the CPU, and the host does not wait for it."""
    import torch

    assert isinstance(subject.part, Loss)
    expected = subject.part.loss(*_compared(subject, "cpu"))
    with on_device(subject.device) as shadow:
        prediction, target = _compared(subject, subject.device)
        loss = subject.part.loss(prediction, target)
        subject.part.activate(prediction)
        if shadow is not None and shadow.waits:
            return f"{len(shadow.waits)} waits: {shadow.waits[0]}"
        got = loss.detach().cpu()
    return "" if torch.allclose(expected, got, subject.rtol, subject.atol) else f"the loss differs on {subject.device}"


def optimizes(subject: PartSubject) -> str:
    """Ten steps on a parabola bring the parameter nearer to its minimum, on the CPU and on the device alike."""
    import torch

    assert isinstance(subject.part, Optimizer)
    ends = []
    for device in ("cpu", subject.device):
        with on_device(device):
            layer = torch.nn.Linear(1, 1, bias=False).to(device)
            torch.nn.init.constant_(layer.weight, 2.0)
            optimizer = subject.part.build(layer.parameters())
            for _ in range(10):
                optimizer.step(_closure(optimizer, layer))
            ends.append(float(layer.weight.detach().cpu()))
    if not abs(ends[0]) < 2.0:
        return f"from 2 it went to {ends[0]:.4g} on the parabola x²"
    return "" if abs(ends[0] - ends[1]) < 1e-3 else f"it ends at {ends[0]} on the CPU and {ends[1]} on {subject.device}"


def scheduled(subject: PartSubject) -> str:
    """The factor is a finite number, not negative, at every step of short and long trainings."""
    assert isinstance(subject.part, Schedule)
    for steps in (1, 2, 100):
        factors = [subject.part.factor(step, steps) for step in range(steps)]
        wrong = [factor for factor in factors if not 0 <= factor < float("inf")]
        if wrong:
            return f"the factor is {wrong[0]} in a training of {steps} steps"
    return ""


LOSS: list[Callable[[PartSubject], str]] = [loss_shaped, loss_empty, loss_on_the_device]
OPTIMIZER: list[Callable[[PartSubject], str]] = [optimizes]
SCHEDULE: list[Callable[[PartSubject], str]] = [scheduled]


def _compared(subject: PartSubject, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """A prediction and the target in its floating type, as the training schemes give them to a loss."""
    import torch

    assert isinstance(subject.part, Loss)
    outputs = subject.part.outputs(subject.columns["target"])
    prediction = torch.randn(len(subject.events), outputs, generator=torch.Generator().manual_seed(subject.seed))
    target: torch.Tensor = subject.events.to(device)["target"]
    return prediction.to(device).requires_grad_(), target.to(prediction.dtype)


def _closure(optimizer: torch.optim.Optimizer, layer: nn.Module) -> Callable[[], float]:
    import torch

    one = torch.ones(1, 1, device=next(layer.parameters()).device)

    def closure() -> float:
        optimizer.zero_grad()
        loss = layer(one).square().sum()
        loss.backward()
        return loss  # type: ignore[no-any-return]

    return closure
