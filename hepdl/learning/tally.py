"""Tally: means of losses over the steps of an epoch, kept on the device until they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


FOLD = 256
"""Steps after which the losses that were put aside are added up: a step then costs no arithmetic of its own."""


class Tally:
    """Sums scalars without waiting for the device, and notes the first step at which one was not finite."""

    def __init__(self) -> None:
        self.first_bad = 0
        self._names: list[str] = []
        self._steps = 0
        self._sums: torch.Tensor | None = None
        self._bad: torch.Tensor | None = None
        self._aside: list[list[torch.Tensor]] = []

    def add(self, losses: Mapping[str, torch.Tensor]) -> None:
        """One step."""
        self._names = list(losses)
        self._aside.append([value.detach() for value in losses.values()])
        if len(self._aside) == FOLD:
            self._sums, self._bad = self._folded()
            self._steps += FOLD
            self._aside = []

    def _folded(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Sums and first bad steps, what is aside included."""
        import torch

        values = torch.stack([torch.stack(losses) for losses in self._aside])
        number = torch.arange(self._steps + 1, self._steps + len(values) + 1, device=values.device, dtype=values.dtype)
        sums, bad = values.sum(0), torch.where(values.isfinite(), torch.inf, number[:, None]).amin(0)
        if self._sums is None or self._bad is None:
            return sums, bad
        return self._sums + sums, torch.minimum(self._bad, bad)

    def read(self) -> tuple[dict[str, float], str | None]:
        """Mean of each loss, and the name of the first that was not finite; waits for the device."""
        import torch

        sums, first_bad = self._folded() if self._aside else (self._sums, self._bad)
        if sums is None or first_bad is None:
            return {}, None
        means, bad = torch.stack([sums / (self._steps + len(self._aside)), first_bad]).tolist()
        first = min(range(len(bad)), key=bad.__getitem__)
        self.first_bad = int(bad[first]) if bad[first] != float("inf") else 0
        return dict(zip(self._names, means, strict=True)), self._names[first] if self.first_bad else None

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint; what is aside stays so, since another order of adding would give other last bits."""
        import torch

        aside = torch.stack([torch.stack(losses) for losses in self._aside]) if self._aside else None
        return {"names": self._names, "steps": self._steps, "sums": self._sums, "bad": self._bad, "aside": aside}

    def load_state_dict(self, state: Mapping[str, Any], device: str) -> None:
        """From the checkpoint, back to the device."""
        self._names, self._steps = state["names"], state["steps"]
        moved = (None if state[key] is None else state[key].to(device) for key in ("sums", "bad", "aside"))
        self._sums, self._bad, aside = moved
        self._aside = [] if aside is None else [list(losses.unbind()) for losses in aside.unbind()]
