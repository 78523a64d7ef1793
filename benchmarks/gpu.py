"""Throughput, waiting, memory and agreement of CPU and GPU, as a table to paste into docs/gpu.md.

On a node with CUDA, from a checkout:            python benchmarks/gpu.py
on one without network, from carried wheels:     pip install --no-index --no-deps --target site wheels/*.whl
                                                 PYTHONPATH=site python gpu.py --commit <hash>
without CUDA, to see that it works:              python benchmarks/gpu.py --allow-cpu --events 20000

Events are made in memory, so no file is read. The network that was trained on the GPU is then applied on both devices.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pydantic import PrivateAttr

from hepdl import Chain, Inputs, Sample, Split
from hepdl.algorithm import Reader, Report
from hepdl.algorithms import Dense, MixtureDensity, Pivot, Standardize, Supervised
from hepdl.columns import Columns, ColumnType
from hepdl.engine import Outcome, run
from hepdl.events import Events
from hepdl.job import Job
from hepdl.sources import Source

FEATURES = [f"x{i}" for i in range(10)]


class Generated(Reader):
    """Two classes in ten correlated features, whose separation depends on a nuisance ``mu``."""

    events: int = 100_000
    """Events of each sample."""

    def sources(self) -> list[Source]:
        """One pretended file a sample."""
        return [Source(i, sample, sample.name, self.events, sample.name) for i, sample in enumerate(self.samples)]

    def offers(self, head: bool = False) -> Columns:
        """The features and the nuisance."""
        return Columns({name: ColumnType() for name in [*FEATURES, "mu"]})

    def blocks(self, source: Source, names: list[str], start: int, stop: int) -> Iterator[Events]:
        """All events of a sample in one block."""
        random = np.random.default_rng(source.index + 1)
        mu = random.uniform(0, 60, self.events).astype(np.float32)
        noise = random.normal(size=(self.events, len(FEATURES))).astype(np.float32)
        shift = source.index * (0.6 + 0.01 * mu[:, None]) + 0.02 * mu[:, None]
        values = dict(zip(FEATURES, (noise + shift).T.copy(), strict=True)) | {"mu": mu}
        yield Events(values).only(names).rows(start, stop)


class Keep(Report):
    """Keeps columns for the comparison."""

    columns: Inputs
    """Columns that are kept."""
    _kept: list[Events] = PrivateAttr(default_factory=list)

    def draw(self, events: Events) -> None:
        """Nothing is drawn."""
        self._kept.append(events)


class Memory:
    """Learned state, kept from one run for the next."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, torch.Tensor]] = {}

    def has_state(self, label: str) -> bool:
        """Whether a step learned already."""
        return label in self.kept

    def load_state(self, label: str) -> dict[str, torch.Tensor]:
        """What it learned."""
        return self.kept[label]

    def save_state(self, label: str, state: dict[str, torch.Tensor]) -> Path:
        """Keep what it learned."""
        self.kept[label] = {name: value.detach().cpu().clone() for name, value in state.items()}
        return Path(label)


@dataclass
class Measurement:
    """What one training cost on one device."""

    rate: float
    """Events through the classifier's training, per second."""
    waiting: float
    """Share of the training that waited for data."""
    memory: float
    """Peak memory in MB: of the device, or of the process."""
    scores: np.ndarray


def chain(kind: str, events: int, epochs: int, batch: int) -> Chain:
    """The dense classifier or the pivot behind a standardisation."""
    reader = Generated(
        Sample("background", "-", label=0), Sample("signal", "-", label=1), events=events // 2,
        split=Split(train=0.8, validation=0.2, test=0.0),
    )  # fmt: skip
    network = Dense(inputs=["features"], layers=[64, 64, 64], output="score")
    if kind == "dense":
        learner = Supervised(network=network, epochs=epochs, batch_size=batch)
    else:
        learner = Pivot(
            classifier=network, adversary=MixtureDensity(inputs=["score"]), nuisance="mu", only="label == 0",
            pretrain_epochs=1, pretrain_adversary_epochs=1, epochs=epochs, batch_size=batch, baseline=False,
        )  # fmt: skip
    return Chain(reader, Standardize(FEATURES, output="features"), learner, Keep(columns=["score"]))


def measure(kind: str, device: str, words: argparse.Namespace, states: Memory) -> Measurement:
    """Train on a device, or apply what ``states`` holds."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    outcome = run(chain(kind, words.events, words.epochs, words.batch), Job(device=device), states)
    cost = next((c for c in outcome.clock.costs if c.phase == "fit" and c.step in ("Supervised", "Pivot")), None)
    seen = 0.8 * words.events * words.epochs
    rate = seen / cost.wall_s if cost else 0.0
    waiting = cost.waiting_s / cost.wall_s if cost else 0.0
    return Measurement(rate, waiting, peak_memory(device), scores_of(outcome))


def scores_of(outcome: Outcome) -> np.ndarray:
    """The score of every event, in file order."""
    keep = outcome.steps[-1]
    assert isinstance(keep, Keep)
    return keep._kept[0]["score"]


def peak_memory(device: str) -> float:
    """Peak memory in MB."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def commit_of(given: str) -> str:
    """The commit that is measured."""
    if given:
        return given
    words = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def rows(kind: str, devices: list[str], words: argparse.Namespace) -> list[str]:
    """Table rows of one training; the agreement is that of the first device's network on both."""
    states, lines, trained = Memory(), [], None
    for device in devices:
        found = measure(kind, device, words, Memory() if trained else states)
        trained = found if trained is None else trained
        lines.append(f"| {kind} | {device} | {found.rate:,.0f} | {found.waiting:.1%} | {found.memory:,.0f} |")
    if len(devices) == 1 or trained is None:
        return [f"{line} - | - |" for line in lines]
    gap = np.abs(measure(kind, devices[1], words, states).scores - trained.scores)
    return [f"{lines[0]} {gap.max():.1e} | {np.median(gap):.1e} |", *[f"{line} | |" for line in lines[1:]]]


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--allow-cpu", action="store_true", help="measure the CPU where there is no CUDA")
    parser.add_argument("--commit", default="", help="commit that is measured, where there is no git")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    words = arguments()
    cuda = torch.cuda.is_available()
    if not cuda:
        print(f"There is no CUDA device here (torch {torch.__version__}): GPU columns cannot be measured.")
        if not words.allow_cpu:
            print("--allow-cpu measures the CPU alone.")
            return
    devices = ["cuda", "cpu"] if cuda else ["cpu"]
    began = time.perf_counter()
    table = [line for kind in ("dense", "pivot") for line in rows(kind, devices, words)]
    name = torch.cuda.get_device_name() if cuda else f"{platform.machine()}, {torch.get_num_threads()} threads"
    today, took = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}", time.perf_counter() - began
    print(f"\n{name}, torch {torch.__version__}, {today}, commit {commit_of(words.commit)}, {took:.0f} s")
    print(f"\n    {' '.join(['python', *sys.argv])}\n")
    print("| training | device | events/s | waiting for data | peak memory (MB) | max Δscore CPU-GPU | median |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(table))


if __name__ == "__main__":
    main()
