"""weaver-core trains and tests a tagger on quark and gluon jets: weaver_jets.py SETTINGS.json

Settings: files by part, network, epochs, batch, seed, mean and width of the features, folder. The last line is a JSON
object: seconds and speed of the epochs as weaver prints them, and where the test scores are.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

FEATURES = ("share", "log_share", "part_y", "part_phi", "distance")
CONFIG = """
treename: jets
preprocess: {method: manual, data_fraction: 1.0}
new_variables:
  share: part_pt / ak.sum(part_pt, axis=-1)
  log_share: np.log(share)
  distance: np.hypot(part_y, part_phi)
  one: ak.ones_like(part_pt)
  point_y: 1 * part_y
  point_phi: 1 * part_phi
  label_0: label == 0
  label_1: label == 1
inputs:
  pf_points: {length: 128, pad_mode: constant, vars: [[point_y, null], [point_phi, null]]}
  pf_features: {length: 128, pad_mode: constant, vars: [FEATURES]}
  pf_mask: {length: 128, pad_mode: constant, vars: [[one, null]]}
labels: {type: simple, value: [label_0, label_1]}
observers: [event]
"""
NETWORK = """
import torch
from torch import nn
from weaver.nn.model.ParticleNet import ParticleNet

def dense(widths):
    pairs = zip(widths[:-1], widths[1:])
    return nn.Sequential(*[part for a, b in pairs for part in (nn.Linear(a, b), nn.ReLU())][:-1])

class Sets(nn.Module):
    def __init__(self):
        super().__init__()
        self.each, self.all = dense([5, 128, 128, 128]), dense([128, 128, 128, 2])
    def forward(self, points, features, mask):
        return self.all((self.each(features.transpose(1, 2)).relu() * mask.transpose(1, 2)).sum(1))

class Net(nn.Module):
    def __init__(self, **shape):
        super().__init__()
        self.net = ParticleNet(5, 2, use_fusion=False, **shape)
    def forward(self, points, features, mask):
        return self.net(points, features, mask.bool())

NETWORKS = {
    "PFN": Sets,
    "ParticleNet-Lite": lambda: Net(conv_params=[(7, (32, 32, 32)), (7, (64, 64, 64))], fc_params=[(128, 0.1)]),
    "ParticleNet": lambda: Net(
        conv_params=[(16, (64, 64, 64)), (16, (128, 128, 128)), (16, (256, 256, 256))], fc_params=[(256, 0.1)]),
}

def get_model(data_config, **_):
    torch.manual_seed(SEED)
    return NETWORKS["CHOSEN"](), {"input_names": list(data_config.input_names), "input_shapes": {},
                                  "dynamic_axes": {}, "output_names": ["softmax"]}
def get_loss(data_config, **_):
    return nn.CrossEntropyLoss()
"""


def written(settings: dict[str, Any]) -> tuple[Path, Path]:
    """Data and network configuration."""
    folder = Path(settings["folder"])
    scaled = [
        f"[{name}, {mean}, {1 / width}, -1000000.0, 1000000.0]"
        for name, mean, width in zip(FEATURES, settings["mean"], settings["width"], strict=True)
    ]
    config, network = folder / "weaver.yaml", folder / "weaver_network.py"
    config.write_text(CONFIG.replace("FEATURES", ", ".join(scaled)))
    network.write_text(NETWORK.replace("CHOSEN", settings["network"]).replace("SEED", str(settings["seed"])))
    return config, network


def main() -> None:
    """Train, test, report."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    folder, (config, network) = Path(settings["folder"]), written(settings)
    words = [
        Path(sys.executable).with_name("weaver"), "--data-train", *settings["train"], "--data-val",
        *settings["validation"], "--data-test", *settings["test"], "--data-config", config, "--network-config", network,
        "--gpus", "", "--batch-size", settings["batch"], "--num-epochs", settings["epochs"], "--num-workers", "0",
        "--in-memory", "--fetch-step", "1", "--steps-per-epoch", settings["steps"], "--steps-per-epoch-val",
        settings["validation_steps"], "--optimizer", "adam", "--start-lr", "1e-3", "--lr-scheduler", "none",
        "--model-prefix", folder / "net", "--predict-output", folder / "scores.root",
    ]  # fmt: skip
    answer = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, cwd=folder)
    text = answer.stdout + answer.stderr
    speeds = [float(each) for each in re.findall(r"avg. speed ([\d.]+) entries/s", text)]
    if answer.returncode or not speeds:
        sys.exit(text.strip()[-3000:])
    print(json.dumps({"speeds": speeds, "scores": [str(path) for path in sorted(folder.glob("scores*"))]}))


main()
