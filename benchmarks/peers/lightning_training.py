"""Lightning's Trainer over a DataLoader of tensors in memory: lightning_training.py ARRAYS BATCH EPOCHS"""

from __future__ import annotations

import json
import statistics
import sys
import time
import warnings
from itertools import pairwise

import lightning
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Tagger(lightning.LightningModule):
    """20-64-64-64-1."""

    def __init__(self) -> None:
        super().__init__()
        widths = [20, 64, 64, 64]
        layers = [[nn.Linear(a, b), nn.ReLU()] for a, b in pairwise(widths)]
        self.net = nn.Sequential(*[part for pair in layers for part in pair], nn.Linear(64, 1))
        self.ends: list[float] = []

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        """The loss of a batch."""
        x, y = batch
        return nn.functional.binary_cross_entropy_with_logits(self.net(x)[:, 0], y)

    def on_train_epoch_end(self) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), 1e-3, fused=True)


warnings.filterwarnings("ignore")
arrays = np.load(sys.argv[1])
x, y = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])
loader = DataLoader(TensorDataset(x, y), int(sys.argv[2]), shuffle=True)
model = Tagger()
lightning.Trainer(
    max_epochs=int(sys.argv[3]), accelerator="cpu", logger=False, enable_progress_bar=False,
    enable_checkpointing=False, enable_model_summary=False,
).fit(model, loader)  # fmt: skip
times = [b - a for a, b in pairwise(model.ends)]
print(json.dumps({"later": len(x) / statistics.median(times), "threads": torch.get_num_threads()}))
