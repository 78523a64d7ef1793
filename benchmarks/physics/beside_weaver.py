"""hepdl and weaver-core train the same networks on the same quark and gluon jets: accuracy and speed side by side.

    python data/quark_gluon/make_quark_gluon.py make --out DIR --files 17
    python benchmarks/physics/beside_weaver.py --data DIR --out RESULTS --weaver PYTHON

PFN (3 x 128, sum, 3 x 128) and ParticleNet-Lite (no fusion block), the same files for training, validation and test,
the same features and scaling, Adam at 1e-3, batch 256, as many epochs. ParticleNet at its published size on the jets of
one file of each class, for speed alone. Both take turns on one thread; weaver keeps its events in memory. Each
(framework, network, seed) is kept and found again. Marks: an AUC not below weaver's by more than one bootstrap error,
and 1.5 times its speed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import torch
import uproot
from tagging import Kept, Result, Scores, compare, judged, reader

from hepdl import Chain
from hepdl.algorithm import Step
from hepdl.algorithms import Adam, DeepSets, Define, ParticleNet, ParticleNetLite, Particles, Standardize, Supervised
from hepdl.data.cache import Cache
from hepdl.description import Input
from hepdl.engine import run
from hepdl.job import Job
from hepdl.learning.parts import Network

BATCH, SPEED_ALONE = 256, "ParticleNet"
FEATURES = ["share", "log_share", "part_y", "part_phi", "distance"]
CLASSES = ["gluon", "quark"]
STEPS: list[Step] = [
    Define("share", "part_pt / sum(part_pt)"),
    Define("log_share", "log(share)"),
    Define("distance", "hypot(part_y, part_phi)"),
    Particles("angles", ["part_y", "part_phi"], name="angles", most=128),
    Particles("kinematics", FEATURES, name="kinematics", most=128),
    Standardize(["kinematics"], output="scaled"),
]
NETWORKS: dict[str, Network] = {
    "PFN": DeepSets(inputs=["scaled"], layers=[128, 128, 128], head=[128, 128]),
    "ParticleNet-Lite": ParticleNetLite(inputs=["scaled"], coordinates="angles"),
    SPEED_ALONE: ParticleNet(inputs=["scaled"], coordinates="angles"),
}
PEER = Path(__file__).parents[1] / "peers" / "weaver_jets.py"


class Named(Kept):
    """Keeps the number of the event too, by which the jets of the two frameworks are matched."""

    event: Input = "event"
    """The number, unique in a class."""


class Exam:
    """One network and seed: the files of each part, and where the two frameworks keep what they found."""

    def __init__(self, name: str, seed: int, options: argparse.Namespace) -> None:
        self.name, self.seed, self.options = name, seed, options
        small = name == SPEED_ALONE
        self.epochs = 2 if small else options.epochs
        self.train = 1 if small else options.train_files

    def files(self, part: str) -> list[str]:
        """As :func:`tagging.reader` divides them."""
        rest = self.train + self.options.validation_files
        first, last = {"train": (1, self.train), "validation": (self.train + 1, rest), "test": (rest + 1, 99)}[part]
        numbered = {
            path: int(path.stem.split("_")[1]) for name in CLASSES for path in self.options.data.glob(f"{name}_*")
        }
        return sorted(str(path) for path, number in numbered.items() if first <= number <= last)

    def kept(self, framework: str) -> dict[str, Any]:
        """What is stored, trained first when nothing is."""
        path: Path = self.options.out / f"{framework}_{self.name}_{self.seed}.json"
        if not path.exists():
            folder = path.with_suffix("")
            folder.mkdir(exist_ok=True)
            found = self.ours(folder) if framework == "hepdl" else self.theirs(folder)
            path.write_text(json.dumps(found) + "\n")
            speed, area = found["speed"], self.scores(found).auc()
            print(f"{framework} {self.name} seed {self.seed}: {speed:.0f} jets/s, AUC {area:.4f}", flush=True)
        known: dict[str, Any] = json.loads(path.read_text())
        return known

    def ours(self, folder: Path) -> dict[str, Any]:
        """Train with hepdl; the speed is that of the epochs after the first, or of the only one."""
        learner = Supervised(network=NETWORKS[self.name], epochs=self.epochs, batch_size=BATCH, optimizer=Adam())
        options = argparse.Namespace(train_files=self.train, validation_files=self.options.validation_files)
        first = reader(self.options.data, CLASSES, options, identity=["event"])
        job = Job(folder=folder, seed=self.seed, cache=Cache(self.options.out / "cache"))
        outcome = run(Chain(first, *STEPS, learner, Named()), job)
        state = outcome.steps[len(STEPS)].module.state_dict()
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        seconds = [line["seconds"] for line in lines if "seconds" in line]
        test = outcome.steps[-1]._test
        return {
            "speed": self.jets("train") / statistics.median(seconds[1:] or seconds),
            "mean": state["mean"].tolist(), "width": state["width"].tolist(),
            **matched(*(np.asarray(test[name]).reshape(-1) for name in ("score", "label", "event"))),
        }  # fmt: skip

    def theirs(self, folder: Path) -> dict[str, Any]:
        """Train with weaver, on the features as hepdl scaled them."""
        scaling = self.kept("hepdl")
        settings = {
            **{part: self.files(part) for part in ("train", "validation", "test")}, "network": self.name,
            "epochs": self.epochs, "batch": BATCH, "seed": self.seed, "folder": str(folder.resolve()),
            "mean": scaling["mean"], "width": scaling["width"],
            "steps": -(-self.jets("train") // BATCH), "validation_steps": -(-self.jets("validation") // BATCH),
        }  # fmt: skip
        (folder / "settings.json").write_text(json.dumps(settings))
        words = [str(self.options.weaver), str(PEER), str(folder / "settings.json")]
        answer = subprocess.run(
            words, capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"}
        )
        if answer.returncode:
            raise SystemExit(f"weaver: {answer.stderr[-3000:]}")
        found = json.loads(answer.stdout.splitlines()[-1])
        speeds = found["speeds"]
        names = ["score_label_1", "label_1", "event"]
        table = uproot.concatenate(dict.fromkeys(found["scores"]), names, library="np")
        return {"speed": statistics.median(speeds[1:] or speeds)} | matched(*(table[name] for name in names))

    def jets(self, part: str) -> int:
        """How many there are."""
        return sum(uproot.open(path)["jets"].num_entries for path in self.files(part))

    def scores(self, found: dict[str, Any]) -> Scores:
        """Test jets, in the same order for both frameworks, which the bootstrap needs."""
        label = np.asarray(found["label"]) > 0
        return Scores(np.asarray(found["score"], float), label, np.ones(len(label)))


def matched(score: np.ndarray, label: np.ndarray, event: np.ndarray) -> dict[str, list[float]]:
    """Scores and labels in the order of class and event."""
    order = np.lexsort((event, label))
    return {"score": score[order].astype(float).tolist(), "label": label[order].astype(float).tolist()}


def main() -> None:
    """Train what is missing in turns, print the table."""
    options = parsed()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    print(
        "| network | AUC hepdl | AUC weaver | difference | jets/s hepdl | jets/s weaver | ratio | |\n"
        + "|---" * 8
        + "|"
    )
    for name in options.networks:
        seeds = options.seeds[:1] if name == SPEED_ALONE else options.seeds
        exams = [Exam(name, seed, options) for seed in seeds]
        found = [{framework: exam.kept(framework) for framework in ("hepdl", "weaver")} for exam in exams]
        print(row(name, exams, found), flush=True)


def row(name: str, exams: list[Exam], found: list[dict[str, Any]]) -> str:
    """One network."""
    speeds = [statistics.median(each[framework]["speed"] for each in found) for framework in ("hepdl", "weaver")]
    ratio = speeds[0] / speeds[1]
    fast = "1.5× met" if ratio >= 1.5 else "1.5× NOT met"
    speed = f"{speeds[0]:,.0f} | {speeds[1]:,.0f} | {ratio:.2f}×"
    if name == SPEED_ALONE:
        return f"| {name} | – | – | – | {speed} | {fast} |"
    pairs = list(zip(exams, found, strict=True))
    if any(each["hepdl"]["label"] != each["weaver"]["label"] for each in found):
        raise SystemExit(f"{name}: the test jets of the two frameworks are not in the same order")
    results: dict[str, dict[str, Result]] = {
        key: judged([exam.scores(each[key]) for exam, each in pairs]) for key in ("hepdl", "weaver")
    }
    gain, error = compare(results, "hepdl", "weaver", "AUC")
    cells = " | ".join(f"{results[key]['AUC'].median:.4f} ± {results[key]['AUC'].error:.4f}" for key in results)
    good = "AUC met" if gain >= -error else "AUC NOT met"
    return f"| {name} | {cells} | {gain:+.4f} ± {error:.4f} | {speed} | {good}, {fast} |"


def parsed() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weaver", type=Path, required=True, help="Python of weaver's environment")
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--train-files", type=int, default=5)
    parser.add_argument("--validation-files", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
