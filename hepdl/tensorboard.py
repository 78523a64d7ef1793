"""TensorBoard: a mirror of ``metrics.jsonl``, which is the truth, for those who have it installed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path


def mirror(folder: Path) -> bool:
    """Write the numbers of ``metrics.jsonl`` to ``tensorboard/``; False without TensorBoard or metrics."""
    metrics = folder / "metrics.jsonl"
    if importlib.util.find_spec("tensorboard") is None or not metrics.is_file():
        return False
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder / "tensorboard")) as writer:
        for number, line in enumerate(metrics.read_text().splitlines()):
            values = json.loads(line)
            place, tag = values.pop("epoch", number), "/".join(v for v in values.values() if isinstance(v, str))
            for name, value in values.items():
                if isinstance(value, int | float):
                    writer.add_scalar(f"{tag}/{name}", value, place)
    return True
