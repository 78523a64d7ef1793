"""W jets against QCD jets with pile-up: is the tagger's score pivotal, at what price, and what is it worth?

    python benchmarks/physics/pivot_jets.py --seeds 3

Runs steering/pivot.py through the command line for each seed, with more strengths beside its own, reads the friend
trees and judges them with estimators of its own. The dependence is measured in QCD between mu < 10 and mu > 50. The
significance is that of Louppe, Kagan and Cranmer (arXiv:1611.01046, section 5.2): 100 signal and 1000 background
events, sigma_b the difference of the backgrounds at low and high mu but at least its statistical error; strength and
threshold come from the validation part, everything else from the test part. They published a gain of 1.10.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import uproot

ROOT = Path(__file__).parents[2]
MARKS = {"KS plain / pivot": (3.0, np.inf), "rejection kept": (0.6, np.inf)}
"""Pass marks for the median over the seeds, at the strength of the steering script."""
THRESHOLDS = np.arange(100) / 100
VALIDATION, TEST = 1, 2


@dataclass(frozen=True)
class Jets:
    """All selected jets of a run, with its scores by name."""

    scores: dict[str, np.ndarray]
    mu: np.ndarray
    weight: np.ndarray
    is_signal: np.ndarray
    part: np.ndarray

    def of(self, part: int) -> Jets:
        """The jets of one part."""
        rows = self.part == part
        scores = {name: score[rows] for name, score in self.scores.items()}
        return Jets(scores, self.mu[rows], self.weight[rows], self.is_signal[rows], self.part[rows])

    @property
    def groups(self) -> list[np.ndarray]:
        """W at low mu, QCD at low mu, QCD at high mu: rows of each."""
        low, high = self.mu < 10, self.mu > 50
        masks = (self.is_signal & low, ~self.is_signal & low, ~self.is_signal & high)
        return [np.flatnonzero(mask) for mask in masks]


def run(seed: int, scan: list[float], folder: Path, settings: list[str]) -> float:
    """Run the steering script into a folder, unless it holds a run already; seconds."""
    if (folder / "scores").exists():
        return 0.0
    columns = ["score", "score_plain", *(f"score_strength_{value:g}" for value in scan)]
    values = [f"Pivot.scan={scan}", f"RootWriter.columns={json.dumps(columns)}", *settings]
    command = [str(Path(sys.executable).with_name("hepdl")), "run", "steering/pivot.py", "--seed", str(seed)]
    began = time.perf_counter()
    options = [word for value in values for word in ("--set", value)]
    subprocess.run(
        [*command, "-o", str(folder), "-l", "WARNING", *options], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def load(folder: Path) -> Jets:
    """Friend trees beside the jets they belong to."""
    columns: dict[str, list[np.ndarray]] = {}
    for path in sorted((folder / "scores").rglob("*.root")):
        with uproot.open(path) as file:
            friend, parent = file["hepdl"].arrays(library="np"), json.loads(str(file["hepdl_parent"]))
        with uproot.open(parent["file"]) as file:
            jets = file[parent["tree"]].arrays(["mu", "weight", "label"], library="np")
        used = friend["hepdl_split"] >= 0
        for name, values in {**jets, **friend}.items():
            columns.setdefault(name, []).append(values[used])
    table = {name: np.concatenate(values) for name, values in columns.items()}
    scores = {name: values for name, values in table.items() if name.startswith("score")}
    return Jets(scores, table["mu"], table["weight"].astype(float), table["label"] > 0, table["hepdl_split"])


def rejection(jets: Jets, name: str) -> float:
    """QCD rejection at 50 % W efficiency."""
    score, signal = jets.scores[name], jets.is_signal
    order = np.argsort(-score[signal], kind="stable")
    kept = np.cumsum(jets.weight[signal][order]) / jets.weight[signal].sum()
    cut = score[signal][order][np.argmax(kept >= 0.5)]
    return float(jets.weight[~signal].sum() / jets.weight[~signal & (score >= cut)].sum())


def ks(jets: Jets, name: str) -> float:
    """Distance of the QCD score at low and high mu."""
    _, low, high = jets.groups
    score = jets.scores[name]
    grid = np.unique(score[np.concatenate([low, high])])
    below = [np.histogram(score[rows], [*grid, np.inf], weights=jets.weight[rows])[0].cumsum() for rows in (low, high)]
    return float(np.abs(below[0] / below[0][-1] - below[1] / below[1][-1]).max())


def ams(jets: Jets, name: str, copies: np.ndarray | None = None) -> np.ndarray:
    """Significance at each threshold ``[100]``; nan where fewer than five QCD jets of low or high mu pass.

    ``copies [N]`` is how often a bootstrap took each jet.
    """
    weight = jets.weight if copies is None else jets.weight * copies
    passing = [_passing(jets.scores[name][rows], weight[rows]) for rows in jets.groups]
    nominal = passing if copies is None else [_passing(jets.scores[name][r], jets.weight[r]) for r in jets.groups]
    numbers = [jets.weight[r].sum() ** 2 / np.square(jets.weight[r]).sum() for r in jets.groups]
    errors = [np.sqrt(np.maximum(e * (1 - e), 0) / n) for e, n in zip(nominal, numbers, strict=True)]
    s, b, shifted = 100 * passing[0], 1000 * passing[1], 1000 * passing[2]
    usable = (b > 0) & (nominal[1] * numbers[1] > 5) & (nominal[2] * numbers[2] > 5)
    s, b = np.where(usable, s, 1), np.where(usable, b, 1)
    variance = np.maximum(np.abs(b - shifted), 1000 * np.hypot(errors[1], errors[2])) ** 2 + 1e-12
    b0 = (b - variance + np.sqrt((b - variance) ** 2 + 4 * (s + b) * variance)) / 2
    squared = 2 * ((s + b) * np.log((s + b) / b0) - s - b + b0) + (b - b0) ** 2 / variance
    return np.where(usable, np.sqrt(np.maximum(squared, 0)), np.nan)


def choose(jets: Jets, name: str) -> tuple[float, int]:
    """Best significance over thresholds that at most half of the QCD jets pass, smoothed over five, and where."""
    curve = ams(jets, name)
    low = jets.groups[1]
    curve[_passing(jets.scores[name][low], jets.weight[low]) > 0.5] = np.nan
    known = np.isfinite(curve)
    sums = [np.convolve(values, np.ones(5), "same") for values in (np.where(known, curve, 0), known.astype(float))]
    smooth = np.where(known, sums[0] / np.maximum(sums[1], 1), -np.inf)
    return float(smooth.max()), int(smooth.argmax())


def judge(jets: Jets) -> dict[str, float | str | int]:
    """All numbers of one run."""
    validation, test = jets.of(VALIDATION), jets.of(TEST)
    best = {name: choose(validation, name) for name in jets.scores}
    chosen = max((name for name in best if name != "score_plain"), key=lambda name: best[name][0])
    pair = {"plain": "score_plain", "pivot": "score"}
    numbers: dict[str, float | str | int] = {f"KS {key}": ks(test, name) for key, name in pair.items()}
    numbers |= {f"rejection {key}": rejection(test, name) for key, name in pair.items()}
    numbers["KS plain / pivot"] = numbers["KS plain"] / numbers["KS pivot"]
    numbers["rejection kept"] = numbers["rejection pivot"] / numbers["rejection plain"]
    for key, name in {"plain": "score_plain", "chosen": chosen}.items():
        numbers |= {f"at {key}": best[name][1], f"AMS {key}": float(ams(test, name)[best[name][1]])}
    return numbers | {"AMS gain": numbers["AMS chosen"] / numbers["AMS plain"], "chosen": chosen}


def gain(runs: list[tuple[Jets, dict[str, float | str | int]]], copies: int) -> tuple[float, float, float]:
    """Mean AMS of the chosen networks over that of the plain ones, and its 68 % interval.

    Each bootstrap copy takes the same test jets for all networks of all seeds.
    """
    random = np.random.default_rng(20161104)
    tests = [jets.of(TEST) for jets, _ in runs]
    ratios = []
    for copy in range(copies + 1):
        taken = random.poisson(1.0, len(tests[0].mu)) if copy else None
        means = []
        for key in ("chosen", "plain"):
            names = [str(numbers["chosen"]) if key == "chosen" else "score_plain" for _, numbers in runs]
            at = [int(numbers[f"at {key}"]) for _, numbers in runs]
            means.append(np.mean([ams(t, n, taken)[i] for t, n, i in zip(tests, names, at, strict=True)]))
        ratios.append(means[0] / means[1])
    low, high = np.nanpercentile(ratios[1:], [16, 84])
    return float(ratios[0]), float(low), float(high)


def print_marks(rows: list[dict[str, float | str | int]]) -> None:
    """Median and worst seed, each mark met or missed."""
    for key in ("KS plain", "KS pivot", "KS plain / pivot", "rejection plain", "rejection pivot", "rejection kept",
                "AMS plain", "AMS chosen", "AMS gain"):  # fmt: skip
        values = [float(row[key]) for row in rows]
        mark, median = MARKS.get(key), float(np.median(values))
        word = "" if mark is None else ("met" if mark[0] <= median <= mark[1] else "MISSED")
        word += "" if mark is None else f" (mark: at least {mark[0]:g})"
        print(f"{key:18s} median {median:8.4f}  from {min(values):8.4f} to {max(values):8.4f}  {word}")


def _passing(score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fraction with a score of at least each threshold."""
    above = np.histogram(score, [*THRESHOLDS, np.inf], weights=weight)[0][::-1].cumsum()[::-1]
    return above / weight.sum()


def main() -> None:
    """Run, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--scan", type=float, nargs="*", default=[1.0, 3.0, 30.0, 100.0])
    parser.add_argument("--runs", type=Path, default=ROOT / "runs" / "pivot_jets", help="where runs are kept and found")
    parser.add_argument("--copies", type=int, default=300, help="bootstrap copies")
    parser.add_argument("--set", action="append", default=[], help="a parameter of the chain, as for hepdl run")
    options = parser.parse_args()
    runs = []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        folder = options.runs.resolve() / f"seed_{seed}"
        seconds = run(seed, options.scan, folder, options.set)
        jets = load(folder)
        runs.append((jets, judge(jets)))
        shown = "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in runs[-1][1].items())
        print(f"seed {seed} ({seconds:.0f} s): {shown}", flush=True)
    print_marks([numbers for _, numbers in runs])
    value, low, high = gain(runs, options.copies)
    word = "met" if low > 1 else "MISSED"
    print(f"AMS gain, all seeds {value:.4f}, 68 % interval {low:.4f} to {high:.4f}  {word} (mark: lower edge above 1)")


if __name__ == "__main__":
    main()
