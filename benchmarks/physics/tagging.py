"""What the exams of jet taggers share: runs that are kept, an evaluator of its own, and the table.

Each (model, seed) is trained by a chain, and its test scores are stored when it is done; what is stored is not run
again. The evaluator sees scores, classes and weights of jets from files that no step learned from, nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import PrivateAttr

from hepdl import Chain, Sample, Split
from hepdl.algorithm import Report, Step
from hepdl.algorithms import AdamW, Cosine, RootReader, Supervised
from hepdl.data.cache import Cache
from hepdl.description import Input
from hepdl.engine import run
from hepdl.events import Events
from hepdl.job import Job
from hepdl.learning.parts import Network

COPIES = 300
"""Bootstrap copies of the test jets."""


@dataclass(frozen=True)
class Model:
    """What is examined: steps that prepare its inputs, its network, how it is trained, and what it is held to."""

    steps: list[Step]
    network: Network
    epochs: int
    marks: dict[str, float] = field(default_factory=dict)
    """Figure → the least its median over the seeds should be."""
    rate: float = 1e-3
    batch_size: int = 256


class Kept(Report):
    """Keeps the test part: score, class and weight of each jet."""

    score: Input = "score"
    """The score."""
    target: Input = "label"
    """The class."""
    _test: Events | None = PrivateAttr(None)

    def draw(self, events: Events) -> None:
        """Nothing is drawn."""
        self._test = events.where(events["part"] == 2)


@dataclass(frozen=True)
class Scores:
    """Test jets with the score of one network."""

    score: np.ndarray
    signal: np.ndarray
    weight: np.ndarray

    def auc(self, copies: np.ndarray | None = None) -> float:
        """Area under the ROC curve; equal scores count half. ``copies [N]``: how often a bootstrap took each jet."""
        order, weight = np.argsort(self.score, kind="stable"), self._weight(copies)
        value, signal = self.score[order], self.signal[order]
        first = np.flatnonzero(np.diff(value, prepend=-np.inf))
        s, b = (np.add.reduceat(np.where(which, weight[order], 0), first) for which in (signal, ~signal))
        return float(np.sum(s * (np.cumsum(b) - b / 2)) / s.sum() / b.sum())

    def rejection(self, efficiency: float = 0.5, copies: np.ndarray | None = None) -> float:
        """Inverse background efficiency at this signal efficiency."""
        order, weight = np.argsort(-self.score, kind="stable"), self._weight(copies)
        kept = np.cumsum(np.where(self.signal, weight, 0)[order])
        cut = self.score[order][np.searchsorted(kept, efficiency * kept[-1])]
        background = np.where(self.signal, 0, weight)
        return float(background.sum() / background[self.score >= cut].sum())

    def _weight(self, copies: np.ndarray | None) -> np.ndarray:
        return self.weight if copies is None else self.weight * copies


FIGURES: dict[str, Callable[..., float]] = {"AUC": Scores.auc, "R50": lambda s, c=None: s.rejection(0.5, c)}


def arguments(text: str, models: Sequence[str]) -> argparse.Namespace:
    """The command line of an exam."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the files of the maker in data/")
    parser.add_argument("--out", type=Path, required=True, help="folder in which each (model, seed) is kept")
    parser.add_argument("--models", nargs="*", default=list(models), choices=models)
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--train-files", type=int, default=10, help="files 1 to this of each class: training")
    parser.add_argument(
        "--validation-files", type=int, default=1, help="so many after them: validation; the rest: test"
    )
    parser.add_argument("--epochs", type=int, help="instead of each model's own")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def reader(data: Path, classes: Sequence[str], options: argparse.Namespace, **more: Any) -> RootReader:
    """Background, then signal; training, validation and test by the number of the file, so by seed."""
    train = options.train_files
    rest = train + options.validation_files
    split = Split(f"file <= {train}", f"file > {train} and file <= {rest}", f"file > {rest}")
    samples = [Sample(name, str(data / f"{name}_*.root"), label=label) for label, name in enumerate(classes)]
    return RootReader(*samples, tree="jets", split=split, **more)


def chain_of(first: RootReader, model: Model, epochs: int) -> Chain:
    """From the files to the scores."""
    learner = Supervised(
        network=model.network, epochs=epochs, batch_size=model.batch_size, optimizer=AdamW(rate=model.rate),
        schedule=Cosine(),
    )  # fmt: skip
    return Chain(first, *model.steps, learner, Kept())


def trained(name: str, model: Model, first: RootReader, seed: int, options: argparse.Namespace) -> Scores:
    """Train and score one (model, seed), or load what is stored. Raises SystemExit when that was another exam."""
    import torch

    epochs = options.epochs or model.epochs
    exam = {"model": name, "seed": seed, "epochs": epochs, "rate": model.rate, "batch_size": model.batch_size,
            "network": repr(model.network), "files": [options.train_files, options.validation_files]}  # fmt: skip
    stored = options.out / f"{name}_{seed}.json"
    if stored.exists():
        return _loaded(stored, exam)
    torch.set_num_threads(options.threads)
    began, cpu = time.perf_counter(), time.process_time()
    outcome = run(chain_of(first, model, epochs), Job(seed=seed, cache=Cache(options.out / "cache")))
    learner, kept = outcome.steps[-2:]
    exam |= {"seconds": round(time.perf_counter() - began, 1), "cpu_seconds": round(time.process_time() - cpu, 1)}
    exam["weights"] = sum(each.numel() for each in learner.module.parameters())
    return _stored(stored, exam, kept._test)


def _stored(path: Path, exam: dict[str, Any], test: Events) -> Scores:
    scores = Scores(*(test[name].reshape(-1) for name in ("score", "label", "weight")))
    scores = Scores(scores.score.astype(np.float64), scores.signal > 0, scores.weight.astype(np.float64))
    figures = {name: figure(scores) for name, figure in FIGURES.items()}
    np.savez_compressed(path.with_suffix(".npz"), score=scores.score, signal=scores.signal, weight=scores.weight)
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(exam | {"test_jets": len(scores.score)} | figures, indent=1) + "\n")
    aside.replace(path)
    shown = "  ".join(f"{key} {value:.4f}" for key, value in figures.items())
    print(f"{exam['model']} seed {exam['seed']}: {shown}  ({exam['seconds']:.0f} s)", flush=True)
    return scores


def _loaded(path: Path, exam: dict[str, Any]) -> Scores:
    known = json.loads(path.read_text())
    other = [key for key, value in exam.items() if known.get(key) != value]
    if other:
        raise SystemExit(f"{path} is of another exam ({', '.join(other)} differ); give another --out, or remove it")
    with np.load(path.with_suffix(".npz")) as file:
        return Scores(file["score"], file["signal"], file["weight"])


@dataclass(frozen=True)
class Result:
    """A figure of one model: its median over the seeds, and that of each bootstrap copy."""

    values: list[float]
    copies: np.ndarray

    @property
    def median(self) -> float:
        """Over the seeds."""
        return statistics.median(self.values)

    @property
    def error(self) -> float:
        """Standard deviation of the median over the copies."""
        return float(self.copies.std())


def judged(seeds: Sequence[Scores], copies: int = COPIES) -> dict[str, Result]:
    """The figures of one model. Each bootstrap copy takes the same test jets for all its seeds, and for all models."""
    random = np.random.default_rng(20181012)
    taken = [random.poisson(1.0, len(seeds[0].score)) for _ in range(copies)]
    return {
        name: Result(
            [figure(one) for one in seeds],
            np.array([statistics.median(figure(one, copy) for one in seeds) for copy in taken]),
        )
        for name, figure in FIGURES.items()
    }


def print_table(models: dict[str, Model], results: dict[str, dict[str, Result]]) -> None:
    """A row a model: median over the seeds ± bootstrap error, the seeds, and each mark met or missed."""
    print("\n| model | " + " | ".join(f"{name} | {name} of the seeds" for name in FIGURES) + " | marks |")
    print("|---" * (2 + 2 * len(FIGURES)) + "|")
    for name, row in results.items():
        cells = [f"{one.median:.4g} ± {one.error:.2g} | {', '.join(f'{v:.4g}' for v in one.values)}"
                 for one in row.values()]  # fmt: skip
        marks = [f"{key} ≥ {mark:g} {'met' if row[key].median >= mark else 'MISSED'}"
                 for key, mark in models[name].marks.items()]  # fmt: skip
        print(f"| {name} | {' | '.join(cells)} | {'; '.join(marks)} |")


def compare(results: dict[str, dict[str, Result]], better: str, worse: str, figure: str) -> tuple[float, float]:
    """By how much the median of one model is above that of another, and the error from the common bootstrap copies."""
    one, other = results[better][figure], results[worse][figure]
    return one.median - other.median, float((one.copies - other.copies).std())
