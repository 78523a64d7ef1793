"""Tally: means of losses over the steps of an epoch, kept on the device until they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class Tally:
    """Sums scalars without waiting for the device, and notes the first step at which one was not finite."""

    def __init__(self) -> None:
        self.first_bad = 0
        self._names: list[str] = []
        self._steps = 0
        self._sums: torch.Tensor | None = None
        self._bad: torch.Tensor | None = None

    def add(self, losses: Mapping[str, torch.Tensor]) -> None:
        """One step."""
        import torch

        self._steps += 1
        values = torch.stack([value.detach() for value in losses.values()])
        if self._sums is None or self._bad is None:
            self._names = list(losses)
            self._sums = torch.zeros_like(values)
            self._bad = torch.full_like(values, torch.inf)
        self._sums = self._sums + values
        self._bad = torch.where(self._sums.isfinite(), self._bad, self._bad.clamp_max(self._steps))

    def read(self) -> tuple[dict[str, float], str | None]:
        """Mean of each loss, and the name of the first that was not finite; waits for the device."""
        import torch

        if self._sums is None or self._bad is None:
            return {}, None
        means, bad = torch.stack([self._sums / self._steps, self._bad]).tolist()
        first = min(range(len(bad)), key=bad.__getitem__)
        self.first_bad = int(bad[first]) if bad[first] != float("inf") else 0
        return dict(zip(self._names, means, strict=True)), self._names[first] if self.first_bad else None

    def state_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {"names": self._names, "steps": self._steps, "sums": self._sums, "bad": self._bad}

    def load_state_dict(self, state: Mapping[str, Any], device: str) -> None:
        """From the checkpoint, back to the device."""
        self._names, self._steps = state["names"], state["steps"]
        self._sums, self._bad = (None if state[key] is None else state[key].to(device) for key in ("sums", "bad"))
