#!/usr/bin/env python3
"""The toy of "Learning to Pivot with Adversarial Networks" (arXiv:1611.01046, section 5.1) as ROOT files.

  pip install numpy uproot
  python make_toy.py [--out FOLDER] [--events 62500] [--seed 161101046]

Background (Y = 0): x ~ N((0, 0), [[1, -0.5], [-0.5, 1]]).
Signal (Y = 1):     x ~ N((1, 1 + z), [[1, 0], [0, 1]]).
The nuisance z ~ N(0, 1) is drawn for both; only the signal depends on it.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import uproot

HERE = Path(__file__).resolve().parent


def background(n, rng):
    """Background events; their z is drawn too, but does nothing."""
    x = rng.multivariate_normal([0.0, 0.0], [[1.0, -0.5], [-0.5, 1.0]], size=n)
    return x[:, 0], x[:, 1], rng.normal(size=n)


def signal(n, rng):
    """Signal events: the mean of x1 is 1 + z."""
    z = rng.normal(size=n)
    return 1.0 + rng.normal(size=n), 1.0 + z + rng.normal(size=n), z


def write(path, columns, first_event):
    """Write the TTree `events` into a temporary file and move it into place."""
    tree = {k: v.astype("f4") for k, v in zip(("x0", "x1", "z"), columns, strict=True)}
    tree["event"] = first_event + np.arange(len(tree["x0"]), dtype="i8")
    part = path.with_name(f".{path.name}.tmp")
    with uproot.recreate(part, compression=uproot.ZLIB(9)) as file:
        file.mktree("events", {k: v.dtype for k, v in tree.items()})
        file["events"].extend(tree)
    part.replace(path)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="The toy of arXiv:1611.01046, section 5.1.")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--events", type=int, default=62500, help="events a class")
    parser.add_argument("--seed", type=int, default=161101046)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rng, sums = np.random.default_rng(args.seed), ""
    for i, make in enumerate((background, signal)):
        path = args.out / f"toy_{make.__name__}.root"
        write(path, make(args.events, rng), 1 + i * args.events)
        sums += f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
    (args.out / "SHA256SUMS").write_text(sums)


if __name__ == "__main__":
    main()
