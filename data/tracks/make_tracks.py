#!/usr/bin/env python3
"""Tracks: hits along helices in a solenoid, as a ROOT file with one entry a track.

  pip install numpy awkward uproot
  python make_tracks.py [--out FOLDER] [--tracks 3000] [--seed 20]

A charged particle leaves the origin with 0.2 to 1 GeV of transverse momentum in a field of 2 T along z, so with a
radius of pt / (0.3 B). It has a hit every 8 cm of its way in the transverse plane, 8 to 16 of them, each measured with
a Gaussian error of 1 mm in x, y and z. No material, no energy loss.
"""

import argparse
import hashlib
from pathlib import Path

import awkward as ak
import numpy as np
import uproot

HERE = Path(__file__).resolve().parent
FIELD, STEP, ERROR = 2.0, 0.08, 0.001


def helices(tracks, rng):
    """Columns of all tracks; lengths in m, momenta in GeV."""
    pt, charge = rng.uniform(0.2, 1.0, tracks), rng.choice([-1, 1], tracks)
    phi, slope = rng.uniform(-np.pi, np.pi, tracks), rng.normal(0, 0.7, tracks)
    lengths = rng.integers(8, 17, tracks)
    track = np.repeat(np.arange(tracks), lengths)
    way = STEP * (1 + np.arange(len(track)) - np.repeat(np.cumsum(lengths) - lengths, lengths))
    curvature = (-charge * 0.3 * FIELD / pt)[track]
    turned = phi[track] + curvature * way
    x = (np.sin(turned) - np.sin(phi[track])) / curvature
    y = (np.cos(phi[track]) - np.cos(turned)) / curvature
    hits = np.stack([x, y, slope[track] * way], 1) + rng.normal(0, ERROR, (len(track), 3))
    hit = {name: ak.unflatten(hits[:, i].astype("f4"), lengths) for i, name in enumerate("xyz")}
    return {"event": np.arange(tracks), "pt": pt.astype("f4"), "charge": charge.astype("i4"), "hit": ak.zip(hit)}


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="Hits along helices.")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--tracks", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=20)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / "tracks.root"
    with uproot.recreate(path, compression=uproot.ZLIB(9)) as file:
        columns = helices(given.tracks, np.random.default_rng(given.seed))
        file.mktree("tracks", {name: getattr(column, "dtype", None) or column.type for name, column in columns.items()})
        file["tracks"].extend(columns)
    sums = f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
    (given.out / "SHA256SUMS").write_text(sums)


if __name__ == "__main__":
    main()
