"""The toy of Louppe, Kagan and Cranmer (arXiv:1611.01046, section 5.1): how pivotal, at what price, how fast.

    python benchmarks/physics/pivot_toy.py --seeds 3
    python benchmarks/physics/pivot_toy.py --seeds 5 --events 300000    # at the same cost: the limit is the sample

Background x ~ N((0, 0), [[1, -1/2], [-1/2, 1]]), signal x ~ N((1, 1 + z), 1), z ~ N(0, 1), equal priors. The exam is
independent of the training: fresh events, its own estimators. The exact pivot has L_f 0.5779, AUC(z=0) 0.7639, KS 0;
the Bayes classifier L_f 0.4485, AUC 0.8662, KS 0.261 (both classes together at fixed z), information 0.0657 nat.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable

import numpy as np
import torch
from hepdl_networks.dense import Dense
from hepdl_networks.mixture_density import MixtureDensity
from hepdl_training.pivot import Pivot

from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.events import Events
from hepdl.job import Job

COLUMNS = Columns(x=ColumnType(shape=(2,)), z=ColumnType(), label=ColumnType(), weight=ColumnType())
MARKS = {
    "plain": {"loss": (0, 0.452), "auc": (0.860, 0.870), "ks": (0.24, 0.28)},
    "pivot": {"loss": (0, 0.59), "auc": (0.755, 1), "ks": (0, 0.02), "jsd": (0, 0.002), "information": (0, 0.002)},
}
"""Pass marks for the median over the seeds."""
EPOCHS = {"pretrain_epochs": 16, "pretrain_adversary_epochs": 8, "epochs": 80}
"""With the 75 000 training events of the paper."""
Score = Callable[[np.ndarray], np.ndarray]


def toy(events: int, rng: np.random.Generator, z: float | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``x [N, 2]``, ``z [N]``, ``label [N]``; z is drawn unless given, and means nothing for the background."""
    label = (np.arange(events) % 2).astype(np.float32)
    nuisance = rng.normal(size=events) if z is None else np.full(events, float(z))
    a = rng.normal(size=(events, 2))
    background = np.stack([a[:, 0], -0.5 * a[:, 0] + np.sqrt(0.75) * a[:, 1]], 1)
    signal = a + np.stack([np.ones(events), 1 + nuisance], 1)
    x = np.where(label[:, None] > 0, signal, background)
    return x.astype(np.float32), nuisance.astype(np.float32), label


def train(seed: int, events: int, strength: float, scan: list[float], shorter: int) -> tuple[Pivot, float]:
    """The pivot trained on so many events, 50 000 more to validate, and its seconds; its steps are always as many."""
    x, z, label = toy(events + 50_000, np.random.default_rng(seed))
    epochs = {name: max(1, round(n * 75_000 / events / shorter)) for name, n in EPOCHS.items()}
    table = Events({"x": x, "z": z, "label": label, "weight": np.ones(len(x), np.float32), "label == 1": label > 0})
    step = Pivot(
        classifier=Dense(inputs=["x"], layers=[32, 32], activation=["tanh", "relu"]),
        adversary=MixtureDensity(inputs=["score"]),
        target="label", nuisance="z", only="label == 1", strength=strength, scan=scan, **epochs,
    )  # fmt: skip
    step.initialize(Job(seed=seed).for_step("Pivot", COLUMNS))
    torch.manual_seed(step.job.seed_of("build"))
    step._module = step.build(COLUMNS)
    parts = [np.arange(events), np.arange(events, len(x))]
    rows = [Rows(table, part, COLUMNS, lambda events: events, "cpu", step.job.seed_of("shuffle")) for part in parts]
    began = time.perf_counter()
    step.fit(*rows)
    step.module.eval()
    return step, time.perf_counter() - began


def scores(step: Pivot) -> dict[str, Score]:
    """The trained networks as functions from ``x`` to score."""

    def run(name: str, x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return step.execute(Events({"x": torch.from_numpy(x)}))[name].numpy()

    return {name: lambda x, name=name: run(name, x) for name in step.strengths}


def exam(score: Score, size: int) -> dict[str, float]:
    """Marks on fresh events: ``size`` at z = −1, 0 and +1 each, half as many again with z drawn."""
    rng = np.random.default_rng(20161111)
    low, high = (score(toy(size, rng, z)[0]) for z in (-1, 1))
    nominal, _, label = toy(size, rng, 0)
    x, z, truth = toy(size * 3 // 2, rng)
    s = score(x)
    p = np.clip(np.where(truth > 0, s, 1 - s), 1e-7, 1)
    return {
        "loss": float(-np.log(p).mean()), "auc": auc(score(nominal), label), "ks": ks(low, high),
        "jsd": jensen_shannon(low, high), "information": information(s, z), "spread": float(s.std()),
    }  # fmt: skip


def auc(score: np.ndarray, label: np.ndarray) -> float:
    """Area under the ROC curve, from ranks."""
    ranks = np.empty(len(score))
    ranks[np.argsort(score, kind="stable")] = np.arange(len(score))
    signal = int((label > 0).sum())
    return float((ranks[label > 0].sum() - signal * (signal - 1) / 2) / (signal * (len(score) - signal)))


def ks(a: np.ndarray, b: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance."""
    a, b = np.sort(a), np.sort(b)
    both = np.concatenate([a, b])
    return float(np.abs(np.searchsorted(a, both, "right") / len(a) - np.searchsorted(b, both, "right") / len(b)).max())


def jensen_shannon(a: np.ndarray, b: np.ndarray) -> float:
    """Jensen-Shannon divergence in bits, 50 bins on [0, 1]."""
    p, q = (np.histogram(v, 50, (0, 1))[0] / len(v) for v in (a, b))
    m = (p + q) / 2
    return float(sum((v[v > 0] * np.log2(v[v > 0] / m[v > 0])).sum() for v in (p, q)) / 2)


def information(a: np.ndarray, b: np.ndarray) -> float:
    """Mutual information in nats, 50 × 30 quantile bins, Miller-Madow correction."""
    i, j = (np.searchsorted(np.quantile(v, np.linspace(0, 1, n + 1)[1:-1]), v) for v, n in ((a, 50), (b, 30)))
    p = np.bincount(i * 30 + j, minlength=1500).reshape(50, 30) / len(a)
    full = p > 0
    plug_in = (p[full] * np.log(p[full] / (p.sum(1, keepdims=True) * p.sum(0))[full])).sum()
    return float(plug_in - (full.sum() - 50 - 30 + 1) / (2 * len(a)))


def report(name: str, rows: list[dict[str, float]]) -> None:
    """Median and worst seed, each mark met or missed."""
    kind = "plain" if name.endswith("_plain") else "pivot"
    for key in rows[0]:
        values = [row[key] for row in rows]
        median, low, high = float(np.median(values)), min(values), max(values)
        marks = MARKS[kind].get(key)
        word = "" if marks is None else ("met" if marks[0] <= median <= marks[1] else f"MISSED (mark {marks})")
        print(f"{name:24s} {key:12s} median {median:8.5f}  from {low:8.5f} to {high:8.5f}  {word}")


def main() -> None:
    """Train, examine, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=75_000, help="for training, the paper's number by default")
    parser.add_argument("--strength", type=float, default=60.0)
    parser.add_argument("--scan", type=float, nargs="*", default=[])
    parser.add_argument("--quick", action="store_true", help="a tenth of the training and the exam")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    results: dict[str, list[dict[str, float]]] = {}
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        step, seconds = train(seed, options.events, options.strength, options.scan, 10 if options.quick else 1)
        for name, score in scores(step).items():
            marks = exam(score, 40_000 if options.quick else 400_000)
            results.setdefault(name, []).append(marks)
            shown = "  ".join(f"{key} {value:.5f}" for key, value in marks.items())
            print(f"seed {seed}  {name:24s} {shown}", flush=True)
        print(f"seed {seed}  trained all of these in {seconds:.0f} s", flush=True)
    for name, rows in results.items():
        report(name, rows)


if __name__ == "__main__":
    main()
