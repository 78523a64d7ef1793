"""Cells with a memory, with time to think or with a table, against the plain LSTM: equal data, equal updates, 3 seeds.
Time is not equal: a cell takes up to eight times that of the LSTM.

    python benchmarks/physics/memory.py --store memory.json

Each (task, network, seed) is stored when it is done; what is stored is not run again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from memory_tasks import TASKS, Batch, Task
from torch.nn import functional

from hepdl.events import Jagged

TEST = 2000
"""Events on which a network is judged."""


def answer(module: torch.nn.Module, task: Task, name: str, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """What it answers and what it should, in the rows that count."""
    found = module(*(batch.columns[column] for column in task.networks[name].arguments))
    found = found.values if isinstance(found, Jagged) else found
    return (found, batch.target) if batch.counts is None else (found[batch.counts], batch.target[batch.counts])


def loss(task: Task, found: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of bits, or the Huber loss of numbers."""
    return (functional.binary_cross_entropy_with_logits if task.bits else functional.huber_loss)(found, target)


def wrong(task: Task, found: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Whether a bit is wrong, or a number wrong by more than 0.5."""
    return (found > 0) != (target > 0.5) if task.bits else (found - target).abs() > 0.5


def trained(task: Task, name: str, seed: int, updates: int, say: bool) -> torch.nn.Module:
    """A network after its updates."""
    torch.manual_seed(seed)
    module = task.networks[name].build(task.columns, task.outputs)
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(module.parameters(), task.rate)
    for update in range(updates):
        for group in optimizer.param_groups:
            group["lr"] = task.rate * min(1.0, 4 * (1 - update / updates))
        value = loss(task, *answer(module, task, name, task.draw(random, task.events, False)))
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        if say and update % 250 == 0:
            print(f"{task.name} {name} {seed}: {update} {value.item():.4f}", flush=True)
    return module.eval()


@torch.no_grad()
def judged(module: torch.nn.Module, task: Task, name: str, beyond: bool) -> float:
    """The share that is wrong, on events that no training sees."""
    random = torch.Generator().manual_seed(10_000)
    some = [wrong(task, *answer(module, task, name, task.draw(random, 100, beyond))) for _ in range(TEST // 100)]
    return float(torch.cat([each.flatten() for each in some]).float().mean())


def result(task: Task, name: str, seed: int, updates: int, say: bool = False) -> dict[str, Any]:
    """What is stored of one training."""
    began = time.process_time()
    module = trained(task, name, seed, updates, say)
    return {
        "wrong": judged(module, task, name, True), "wrong as trained": judged(module, task, name, False),
        "parameters": sum(each.numel() for each in module.parameters()), "updates": updates,
        "cpu seconds": time.process_time() - began,
    }  # fmt: skip


def table(stored: dict[str, Any]) -> str:
    """One line for each task and network: the median, and each seed."""
    lines = ["task       network                  wrong (median)  each seed                parameters  CPU s"]
    for task in TASKS.values():
        for name, network in task.networks.items():
            rows = [row for key, row in stored.items() if key.startswith(f"{task.name}/{name}/")]
            if rows:
                each = "  ".join(f"{row['wrong']:.4f}" for row in rows)
                label = type(network).__name__ if name == "cell" else name
                lines.append(
                    f"{task.name:10} {label:24} {statistics.median(row['wrong'] for row in rows):14.4f}  {each:24} "
                    f"{rows[0]['parameters']:10}  {statistics.mean(row['cpu seconds'] for row in rows):5.0f}"
                )
    return "\n".join([*lines, *(f"{task.name}: {task.text}" for task in TASKS.values())])


def main() -> None:
    """Run what is missing, print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--store", type=Path, default=Path("memory.json"))
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--tasks", nargs="*", default=list(TASKS), choices=list(TASKS))
    arguments.add_argument("--updates", type=int, default=0, help="0: those of the task")
    arguments.add_argument("--say", action="store_true", help="print the loss on the way")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    stored = json.loads(given.store.read_text()) if given.store.exists() else {}
    for task in (TASKS[name] for name in given.tasks):
        for seed in range(1, given.seeds + 1):
            for name in task.networks:
                key, updates = f"{task.name}/{name}/{seed}", given.updates or task.updates
                if key not in stored:
                    stored[key] = result(task, name, seed, updates, given.say)
                    given.store.write_text(json.dumps(stored, indent=1))
    print(table(stored))


if __name__ == "__main__":
    main()
