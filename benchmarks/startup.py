"""How long until the first useful line: import hepdl, hepdl list, hepdl check on 20 files.

Marks: import at most 0.3 s above the bare interpreter with pydantic, list at most 1 s, check at most 5 s, and none of
them loads torch. Each time is the best of a few tries in a fresh process.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import uproot

TRIES = 9
SCRIPT = """
from hepdl import Chain, Sample
from hepdl.algorithms import Define, Dense, Filter, RootReader, Standardize, Supervised

chain = Chain(
    RootReader(Sample("s", "s_*.root", label=1), Sample("b", "b_*.root", label=0), tree="events"),
    Filter("x > 0"),
    Define("y", "2 * x"),
    Standardize(["x", "y"], output="features"),
    Supervised(network=Dense(inputs=["features"], layers=[8], output="score"), target="label"),
)
"""
VERB = "from hepdl.cli import main\ntry: main({words})\nexcept SystemExit as end: assert not end.code, end\n"
REPORT = "import sys; print('torch' in sys.modules)"


def measure(code: str, folder: Path) -> tuple[float, bool]:
    """Best wall time of a fresh interpreter that runs this, and whether it loaded torch."""
    best, heavy = float("inf"), False
    for _ in range(TRIES):
        began = time.perf_counter()
        answer = subprocess.run(
            [sys.executable, "-c", f"{code}\n{REPORT}"], cwd=folder, capture_output=True, text=True, check=True
        )
        best = min(best, time.perf_counter() - began)
        heavy = answer.stdout.strip().endswith("True")
    return best, heavy


def make_files(folder: Path) -> None:
    """Twenty small ROOT files and a script that reads them."""
    for name in [f"{sample}_{i}" for sample in "sb" for i in range(10)]:
        with uproot.recreate(folder / f"{name}.root") as file:
            file["events"] = {"x": np.arange(100.0)}
    (folder / "script.py").write_text(SCRIPT)


def main() -> None:
    """Print the times beside their marks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder)
        bare, _ = measure("from pydantic import BaseModel", folder)
        print(f"bare interpreter with pydantic: {bare:.2f} s")
        for what, code, mark, base in (
            ("import hepdl, above it", "import hepdl", 0.3, bare),
            ("hepdl list", VERB.format(words=["list"]), 1.0, 0.0),
            ("hepdl check, 20 files", VERB.format(words=["check", "script.py"]), 5.0, 0.0),
        ):
            seconds, heavy = measure(code, folder)
            verdict = "ok" if seconds - base <= mark and not heavy else "MISSED"
            print(f"{what}: {seconds - base:.2f} s (mark {mark} s), torch loaded: {heavy}: {verdict}")


if __name__ == "__main__":
    main()
