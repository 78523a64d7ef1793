"""Training health, in words while it happens: gradients that vanish or explode, dead and saturated units, a loss that
does not move, over-fitting.

It looks once an epoch, at the activations of the last step, by hooks that leave numbers on the device, and at its
gradients. Each trouble is told once a phase, with what can be done about it; all numbers stand in ``metrics.jsonl``
(those of an epoch that was stopped just behind its last step are lost).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logging import Logger

    import torch
    from torch import nn
    from torch.utils.hooks import RemovableHandle

FAINT = 1e-4
"""A first layer whose gradient, over its weights, is this part of the largest one does not learn."""
NOTHING = 1e-7
"""Gradient over weights below which, in the first epoch, no layer learns."""
LARGE = 100.0
"""Gradient over weights above which a step throws the weights away."""
IDLE = 0.75
"""Share of the units of a layer that may be dead or saturated."""
ENOUGH = 64
"""Examples in a batch from which on a unit that never answers is called dead."""
STILL = 1e-3
"""Change of the loss, over its value, below which it does not move."""
GAP = 0.2
"""Rise of the validation loss, over what the training loss has gained, from which on it is called over-fitting."""
EPOCHS = 3
"""Epochs before a loss is judged."""


class Health:
    """Looks at one module while it is trained."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._hooks: list[RemovableHandle] = []
        self._idle: dict[str, torch.Tensor] = {}
        self._told: set[str] = set()

    def begin(self) -> None:
        """Before the last step of an epoch: listen to the activations."""
        for name, module in self._module.named_modules():
            rule = _rules().get(type(module))
            if rule is not None:
                self._hooks.append(module.register_forward_hook(self._listener(name, rule)))

    def end(self) -> None:
        """After that step: listen no more."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def numbers(self) -> dict[str, dict[str, float]]:
        """After that step: gradient over weight of each layer, and share of idle units behind it; one transfer."""
        import torch

        named = [(n, p) for n, p in self._module.named_parameters() if p.dim() > 1 and p.grad is not None]
        norms = [(p.grad.norm() / p.detach().norm().clamp_min(1e-30)).float() for _, p in named if p.grad is not None]
        values = [*norms, *(each.float() for each in self._idle.values())]
        read = torch.stack(values).tolist() if values else []
        gradients = dict(zip((name for name, _ in named), read, strict=False))
        return {"gradient_over_weight": gradients, "idle": dict(zip(self._idle, read[len(norms) :], strict=True))}

    def judge(self, log: Logger, phase: str, history: Sequence[Mapping[str, Any]]) -> None:
        """After an epoch: troubles into the log; ``history`` holds all epochs so far."""
        losses = [entry for entry in history if entry["phase"] == phase]
        epoch, looked = losses[-1]["epoch"], losses[-1]["health"]
        gradients = gradient_trouble(looked["gradient_over_weight"], epoch)
        found = gradients | idle_trouble(looked["idle"]) | loss_trouble(losses)
        for kind, words in found.items():
            if kind not in self._told:
                log.warning(f"{phase} epoch {epoch}, training health: {words}")
        self._told |= set(found)

    def _listener(self, name: str, rule: Any) -> Any:
        def listen(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
            values = output.detach()
            if values.dim() != 3 and values.dim() > 1 and values.shape[0] >= ENOUGH:  # [n, units] or [N, units, H, W]
                self._idle[name] = rule(values.transpose(0, 1).flatten(1)).to(values.dtype).mean()

        return listen


def gradient_trouble(gradients: Mapping[str, float], epoch: int) -> dict[str, str]:
    """What is wrong with the norms of gradients over those of weights, by layer from first to last: kind → words."""
    if len(gradients) < 2:
        return {}
    (first, low), largest = next(iter(gradients.items())), max(gradients.values())
    if largest > LARGE:
        name = max(gradients, key=gradients.__getitem__)
        return {"exploding": (
            f"gradients explode: that of '{name}' is {largest:.2g} times its weights; take a smaller rate, clip=1, "
            "batch_norm or layer_norm, a smaller initialisation, or bring inputs and target to about 1"
        )}  # fmt: skip
    if epoch == 1 and largest < NOTHING:
        return {"vanishing": (
            f"no layer gets a gradient to speak of (at most {largest:.2g} of its weights): units may all be dead, or "
            "weights and target too small; look at the initialisation and the scale of inputs and target"
        )}  # fmt: skip
    if low < FAINT * largest:
        return {"vanishing": (
            f"gradients vanish on the way down: that of '{first}', the first layer, is {low:.2g} of its weights, the "
            f"largest {largest:.2g}; take relu or silu instead of sigmoid or tanh, residual=True, batch_norm, or fewer "
            "layers"
        )}  # fmt: skip
    return {}


def idle_trouble(idle: Mapping[str, float]) -> dict[str, str]:
    """What is wrong with the share of units that are dead or saturated, by layer: kind → words."""
    worst = max(idle, key=idle.__getitem__, default="")
    if not worst or idle[worst] <= IDLE:
        return {}
    bad = sum(share > IDLE for share in idle.values())
    return {"idle": (
        f"{idle[worst]:.0%} of the units behind '{worst}' are dead (0 for every event) or saturated (always at the end "
        f"of their range), so they learn nothing; so it is in {bad} of {len(idle)} layers; take a smaller rate, "
        "leaky_relu or silu, batch_norm, or standardized inputs"
    )}  # fmt: skip


def loss_trouble(losses: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What is wrong with the losses of the epochs of a phase so far: kind → words."""
    if len(losses) < EPOCHS:
        return {}
    start, now = losses[0]["loss"], losses[-1]["loss"]
    values = [entry["loss"] for entry in losses]
    if max(values) - min(values) < STILL * max(abs(start), 1e-12):
        return {"still": (
            f"the loss has not moved in {len(losses)} epochs ({start:.5g} → {now:.5g}): the rate may be far too small "
            "or too large, the network dead, or the inputs say nothing of the target"
        )}  # fmt: skip
    checks: list[float] = [entry["validation_loss"] for entry in losses if "validation_loss" in entry]
    if len(checks) < len(losses):
        return {}
    best = min(range(len(checks)), key=checks.__getitem__)
    rise, gained = checks[-1] - checks[best], start - now
    if len(losses) - 1 - best >= EPOCHS and gained > 0 and rise > GAP * gained:
        return {"over-fitting": (
            f"over-fitting: the validation loss was best in epoch {losses[best]['epoch']} ({checks[best]:.4g}) and is "
            f"{checks[-1]:.4g} now, while the training loss falls; more events, dropout, weight decay (AdamW), a "
            "smaller network or patience=... help; keep='best' keeps that epoch"
        )}  # fmt: skip
    return {}


def _rules() -> dict[type, Any]:
    """Activation → which units ``[units]`` learn nothing, from all their values ``[units, examples]``."""
    from torch import nn

    def never(values: torch.Tensor) -> torch.Tensor:
        return (values <= 0).all(1)

    def at_the_end_of(low: float, high: float) -> Any:
        margin = 0.01 * (high - low)
        return lambda values: ((values < low + margin) | (values > high - margin)).all(1)

    both = at_the_end_of(-1, 1)
    return {
        nn.ReLU: never, nn.ReLU6: never, nn.Sigmoid: at_the_end_of(0, 1), nn.Hardsigmoid: at_the_end_of(0, 1),
        nn.Tanh: both, nn.Hardtanh: both, nn.Softsign: both,
    }  # fmt: skip
