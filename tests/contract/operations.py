"""Small operations on a tensor ``x [3, 2]``: those that CUDA refuses, those that wait for it, those that do not."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


def three(x: torch.Tensor) -> torch.Tensor:
    """Three integers beside ``x``."""
    return torch.ones(3, dtype=torch.int64).to(x.device)


REFUSED = {
    "noise made on the cpu": lambda x: x + torch.randn(x.shape),
    "list made on the cpu": lambda x: x * torch.tensor([1.0, 2.0]),
    "index_select": lambda x: x.index_select(0, torch.arange(2)),
    "cat": lambda x: torch.cat([x, torch.zeros(1, 2)]),
    "numpy": lambda x: x.detach().numpy(),
    "lengths on the device": lambda x: pack_padded_sequence(x[None], three(x)[:1], batch_first=True),
}

WAITING = {
    "item": lambda x: x.sum().item(),
    "if": lambda x: 1 if x.sum() > 0 else 0,
    "mask as index": lambda x: x[x[:, 0] > 0],
    "assignment by mask": lambda x: x.clone().__setitem__(x > 0, x.sum()),
    "tolist": lambda x: x.tolist(),
    "cpu": lambda x: x.cpu(),
    "nonzero": lambda x: (x > 0).nonzero(),
    "masked_select": lambda x: x.masked_select(x > 0),
    "unique": lambda x: x.unique(),
    "equal": lambda x: torch.equal(x, x + 1),
    "repeat_interleave": lambda x: torch.repeat_interleave(x, three(x), dim=0),
}

QUIET = {
    "number": lambda x: x * torch.tensor(2.0),
    "where": lambda x: torch.where(x > 0, x, 0.0),
    "masked_fill": lambda x: x.masked_fill(x > 0, 0.0),
    "assignment of a number by mask": lambda x: x.clone().__setitem__(x > 0, 0.0),
    "repeat_interleave": lambda x: torch.repeat_interleave(x, three(x), dim=0, output_size=3),
    "dropout": lambda x: nn.functional.dropout(x, 0.5),
    "topk": lambda x: x.topk(1),
    "made beside it": lambda x: (
        torch.zeros(2, device=x.device) + torch.arange(2, device=x.device) + torch.randn_like(x)
    ),
    "clip": lambda x: nn.utils.clip_grad_norm_([nn.Parameter(x.clone())], 1.0),
    "scatter": lambda x: torch.zeros(3, 2, device=x.device).index_add(0, three(x), x),
}
