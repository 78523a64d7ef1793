"""Generated files for the benchmarks: random jets with lists of particles, and events with flat features.

One class a file, baskets of 2000 entries, ZLIB(1). Random floats compress less than real data.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import awkward as ak
import numpy as np
import uproot

PARTICLE = [
    "px", "py", "pz", "energy", "deta", "dphi", "d0val", "d0err", "dzval", "dzerr", "charge", "isChargedHadron",
    "isNeutralHadron", "isPhoton", "isElectron", "isMuon",
]  # fmt: skip
LISTS = [f"part_{name}" for name in PARTICLE]
"""The 16 jagged branches."""
FLAT = ["jet_pt", "jet_eta", "jet_phi", "jet_energy", "jet_sdmass"]
"""The flat branches that are read; seven more stand in the files."""
FEATURES = [f"x{i}" for i in range(20)]
Block = dict[str, ak.Array]
BASKET = 2000
MEAN = {0: 36.0, 1: 44.0}
"""Mean number of particles of the two classes."""


def jet_files(folder: Path, files: int, jets: int, most: int = 128, seed: int = 1) -> list[Path]:
    """``files`` files of ``jets`` jets with at most ``most`` particles, one class a file, made when missing."""
    paths = [folder / f"jets_{jets}_{most}_{seed}_{i}.root" for i in range(files)]
    for number, path in enumerate(paths):
        if not path.exists():
            _write(path, jets, number, seed, partial(_jets, label=number % 2, most=most))
    return paths


def flat_files(folder: Path, files: int, events: int, seed: int = 1) -> list[Path]:
    """``files`` files of ``events`` events with 20 float features, one class a file, made when missing."""
    paths = [folder / f"flat_{events}_{seed}_{i}.root" for i in range(files)]
    for number, path in enumerate(paths):
        if not path.exists():
            _write(path, events, number, seed, partial(_flat, label=number % 2))
    return paths


def _write(path: Path, entries: int, number: int, seed: int, make: Callable[..., Block]) -> None:
    rng, aside = np.random.default_rng((seed, number)), path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(aside, compression=uproot.ZLIB(1)) as file:
        for start in range(0, entries, BASKET):
            n = min(BASKET, entries - start)
            block = make(rng, n) | {"event": ak.Array(number * entries + start + np.arange(n))}
            if start == 0:
                kinds = {name: ak.type(column).content for name, column in block.items()}
                tree = file.mktree("events", kinds)
            tree.extend(block)
    aside.replace(path)


def _jets(rng: np.random.Generator, n: int, label: int, most: int) -> Block:
    spread = 6.0
    lengths = np.clip(rng.negative_binomial(spread, spread / (spread + MEAN[label]), n), 1, most)
    total = int(lengths.sum())
    particles = {name: rng.normal(label * 0.02, 1, total).astype(np.float32) for name in PARTICLE[:11]}
    kind = rng.integers(0, 5, total)
    particles |= {name: (kind == i).astype(np.float32) for i, name in enumerate(PARTICLE[11:])}
    lists = ak.unflatten(ak.zip(particles), lengths)
    names = [*FLAT, "jet_tau1", "jet_tau2", "jet_tau3", "jet_tau4"]
    flat = {name: ak.Array(rng.normal(label * 0.1, 1, n).astype(np.float32)) for name in names}
    numbers = {"jet_nparticles": lengths.astype(np.float32), "label": np.full(n, label, np.int32)}
    return {"part": lists} | flat | {name: ak.Array(value) for name, value in numbers.items()}


def _flat(rng: np.random.Generator, n: int, label: int) -> Block:
    columns = {name: rng.normal(0.1 * label, 1, n).astype(np.float32) for name in FEATURES}
    return {name: ak.Array(column) for name, column in (columns | {"label": np.full(n, label, np.int32)}).items()}
