"""weaver-core's own training, streaming ROOT files: weaver_training.py FOLDER NETWORK BATCH EPOCHS FILE...

NETWORK is ``dense`` (20 features), ``pfn`` or ``particle_net`` (16 columns of 64 particles). Speeds are weaver's.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

PARTICLE = (
    "px py pz energy deta dphi d0val d0err dzval dzerr charge "
    "isChargedHadron isNeutralHadron isPhoton isElectron isMuon"
)
CONFIG = """
treename: events
preprocess: {method: manual, data_fraction: 0.1}
new_variables: {label_0: label == 0, label_1: label == 1 INPUTMASK}
inputs:
  features: {length: LENGTH, pad_mode: constant, vars: [VARS]}
  MASK
labels: {type: simple, value: [label_0, label_1]}
"""
NETWORK = """
import torch
from torch import nn

def dense(widths):
    pairs = zip(widths[:-1], widths[1:])
    return nn.Sequential(*[part for a, b in pairs for part in (nn.Linear(a, b), nn.ReLU())][:-1])

class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = dense([20, 64, 64, 64, 2])
    def forward(self, x):
        return self.net(x.flatten(1))

class Sets(nn.Module):
    def __init__(self):
        super().__init__()
        self.each, self.all = dense([16, 128, 128, 128]), dense([128, 128, 128, 2])
    def forward(self, x, mask):
        return self.all((self.each(x.transpose(1, 2)).relu() * mask.transpose(1, 2)).sum(1))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        from weaver.nn.model.ParticleNet import ParticleNet
        self.net = ParticleNet(16, 2, use_fusion=False)
    def forward(self, x, mask):
        return self.net(x[:, 4:6], x, mask)

def get_model(data_config, **_):
    return CLASS(), {"input_names": list(data_config.input_names), "input_shapes": {}, "dynamic_axes": {},
                     "output_names": ["softmax"]}
def get_loss(data_config, **_):
    return nn.CrossEntropyLoss()
"""


def main() -> None:
    """Train and print the speed of the later epochs."""
    folder, kind, batch, epochs, *files = sys.argv[1:]
    config, network = Path(folder) / f"weaver_{kind}.yaml", Path(folder) / f"weaver_{kind}.py"
    lists = kind != "dense"
    names = [f"part_{name}" for name in PARTICLE.split()] if lists else [f"x{i}" for i in range(20)]
    text = CONFIG.replace("VARS", ", ".join(f"[{name}, null]" for name in names))
    text = text.replace("LENGTH", "64" if lists else "null")
    mask = "pf_mask: {length: 64, pad_mode: constant, vars: [[one, null]]}" if lists else ""
    text = text.replace(" INPUTMASK", ", one: ak.ones_like(part_px)" if lists else "").replace("MASK", mask)
    config.write_text(text)
    network.write_text(NETWORK.replace("CLASS", {"dense": "Flat", "pfn": "Sets", "particle_net": "Net"}[kind]))
    weaver = Path(sys.executable).with_name("weaver")
    words = [
        weaver, "--data-train", *files, "--data-config", config, "--network-config", network, "--gpus", "",
        "--batch-size", batch, "--num-epochs", epochs, "--num-workers", "0", "--fetch-step", "0.1",
        "--run-mode", "train", "--optimizer", "adam", "--start-lr", "1e-3", "--train-val-split", "1",
        "--lr-scheduler", "none", "--model-prefix", Path(folder) / f"weaver_{kind}_net",
    ]  # fmt: skip
    answer = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    speeds = re.findall(r"avg. speed ([\d.]+) entries/s", answer.stdout + answer.stderr)
    if len(speeds) < 2:
        sys.exit((answer.stdout + answer.stderr).strip()[-2000:])
    print(json.dumps({"first": float(speeds[0]), "later": statistics.median(map(float, speeds[1:])), "threads": 1}))


main()
