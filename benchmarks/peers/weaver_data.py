"""weaver-core's loader over the same files and branches: first and later epoch, streaming or in memory.

Run with the Python of weaver's own environment: weaver_data.py FOLDER BATCH TASK IN_MEMORY FILE...; TASK is ``plain``
(21 branches as they are) or ``full`` (selection, nine new variables, scaling, clipping, padded by wrapping around).
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from itertools import chain, islice, repeat
from pathlib import Path

import torch
import uproot
from torch.utils.data import DataLoader
from weaver.utils.dataset import SimpleIterDataset

PARTICLE = (
    "px py pz energy deta dphi d0val d0err dzval dzerr charge "
    "isChargedHadron isNeutralHadron isPhoton isElectron isMuon"
)
CONFIG = """
treename: events
selection: null
preprocess: {method: manual, data_fraction: 0.1}
new_variables: {label_0: label == 0, label_1: label == 1}
inputs:
  pf_features: {length: 128, pad_mode: constant, vars: [LISTS]}
  jet_features: {length: null, vars: [FLAT]}
labels: {type: simple, value: [label_0, label_1]}
"""


FULL = """
treename: events
selection: SELECTION
preprocess: {method: manual, data_fraction: 0.1}
new_variables:
  part_mask: ak.ones_like(part_energy)
  label_0: label == 0
  label_1: label == 1
NEW
inputs:
  pf_points: {length: 128, pad_mode: wrap, vars: [POINTS]}
  pf_features: {length: 128, pad_mode: wrap, vars: [FEATURES]}
  pf_vectors: {length: 128, pad_mode: wrap, vars: [VECTORS]}
  pf_mask: {length: 128, pad_mode: constant, vars: [[part_mask, null]]}
labels: {type: simple, value: [label_0, label_1]}
"""


def plain() -> str:
    """The branches as they are."""
    lists = ", ".join(f"[part_{name}, null]" for name in PARTICLE.split())
    flat = ", ".join(f"[jet_{name}, null]" for name in ("pt", "eta", "phi", "energy", "sdmass"))
    return CONFIG.replace("LISTS", lists).replace("FLAT", flat)


def with_everything() -> str:
    """The full task."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from side_by_side import full

    scaled = [f"[{name}, {c}, {s}, {low}, {high}]" for name, (c, s, low, high) in full.SCALED.items()]
    words = {
        "SELECTION": full.SELECTION, "FEATURES": ", ".join([*scaled, *_unscaled(full.PLAIN)]),
        "NEW": "\n".join(f"  {name}: {full.for_numpy(text)}" for name, text in full.NEW.items()),
        "VECTORS": ", ".join(_unscaled(full.VECTORS)), "POINTS": ", ".join(_unscaled(full.POINTS)),
    }  # fmt: skip
    text = FULL
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _unscaled(names: list[str]) -> list[str]:
    return [f"[{name}, null]" for name in names]


def main() -> None:
    """Two epochs."""
    folder, batch, task, in_memory, *files = sys.argv[1:]
    config = Path(folder) / f"weaver_{task}.yaml"
    config.write_text(plain() if task == "plain" else with_everything())
    data = SimpleIterDataset(
        {"_": files}, str(config), batch_size=int(batch), for_training=True, fetch_step=1 if in_memory == "1" else 0.1,
        in_memory=in_memory == "1", name="train",
    )  # fmt: skip
    loader = DataLoader(data, batch_size=int(batch), drop_last=True, num_workers=0)
    peak, stop = [0.0], threading.Event()
    watch = threading.Thread(target=_watch, args=(peak, stop), daemon=True)
    watch.start()
    steps = sum(int(uproot.open(file)["events"].num_entries) for file in files) // int(batch)
    batches = chain.from_iterable(repeat(loader))  # in memory an epoch has no end, so it is counted
    first, later = _epoch(batches, steps), _epoch(batches, steps)
    stop.set()
    print(json.dumps({"first": first, "later": later, "anon_mb": peak[0], "threads": torch.get_num_threads()}))


def _epoch(batches: Iterator, steps: int) -> float:
    began, seen = time.perf_counter(), 0
    for inputs, _, _ in islice(batches, steps):
        seen += len(inputs["pf_features"])
    return seen / (time.perf_counter() - began)


def _watch(peak: list[float], stop: threading.Event) -> None:
    while not stop.wait(0.02):
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon"))
        peak[0] = max(peak[0], int(line.split()[1]) / 1024)


main()
