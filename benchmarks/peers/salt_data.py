"""salt's loader over HDF5 with the same jets, padded to 128: salt_data.py FOLDER BATCH

The file is written from what the benchmark of the data path prepared, jets in random order, uncompressed. salt shuffles
whole batches.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import torch
from salt.data.datasets import SaltDataset
from salt.data.samplers import RandomBatchSampler
from torch.utils.data import DataLoader

TRACKS, JETS, MOST = [f"t{i}" for i in range(16)], [f"j{i}" for i in range(5)], 128


def write(path: Path, folder: Path) -> None:
    """The HDF5 file."""
    offsets, flat = (np.load(folder / f"particle_major.{name}.npy") for name in ("offsets", "flat"))
    values = np.memmap(folder / "particle_major.values", "f4", "r", shape=(int(offsets[-1]), 16))
    order = np.random.default_rng(1).permutation(len(flat))
    jet_type = np.dtype([*((name, "f4") for name in JETS), ("label", "i4")])
    track_type = np.dtype([*((name, "f4") for name in TRACKS), ("valid", "?")])
    with h5py.File(path, "w") as file:
        jets = file.create_dataset("jets", len(order), jet_type)
        tracks = file.create_dataset("tracks", (len(order), MOST), track_type)
        for start in range(0, len(order), 5000):
            rows = order[start : start + 5000]
            some, padded = np.zeros(len(rows), jet_type), np.zeros((len(rows), MOST), track_type)
            for i, name in enumerate(JETS):
                some[name] = flat[rows, i]
            some["label"] = flat[rows, 5]
            for place, row in enumerate(rows):
                these = values[offsets[row] : offsets[row + 1]]
                for i, name in enumerate(TRACKS):
                    padded[name][place, : len(these)] = these[:, i]
                padded["valid"][place, : len(these)] = True
            jets[start : start + len(rows)], tracks[start : start + len(rows)] = some, padded
        jets.attrs["label"] = ["background", "signal"]


def main() -> None:
    """Two epochs."""
    folder, batch = Path(sys.argv[1]), int(sys.argv[2])
    path, norm = folder / "salt.h5", folder / "salt_norm.yaml"
    if not path.exists():
        write(path.with_suffix(".part"), folder)
        path.with_suffix(".part").replace(path)
    norm.write_text("")
    data = SaltDataset(str(path), str(norm), {"jets": JETS, "tracks": TRACKS}, "fit", labels={"jets": ["label"]})
    loader = DataLoader(data, batch_size=None, sampler=RandomBatchSampler(data, batch, shuffle=True))
    first, later = epoch(loader), epoch(loader)
    print(json.dumps({"first": first, "later": later, "threads": torch.get_num_threads()}))


def epoch(loader: DataLoader) -> float:
    """Events a second."""
    began, seen = time.perf_counter(), 0
    for inputs, _, _ in loader:
        seen += len(inputs["tracks"])
    return seen / (time.perf_counter() - began)


main()
