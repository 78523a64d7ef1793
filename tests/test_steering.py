"""Every steering script runs end to end on a few hundred events of what lies in data/."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import uproot

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "steering").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_runs_to_its_report(script: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "hepdl", "run", str(script.relative_to(ROOT)), "--smoke", "-o", str(run)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    ledger = json.loads((run / "ledger.json").read_text())
    assert ledger["totals"]["read"] == ledger["totals"]["selected"] + ledger["totals"]["rejected"] > 0
    assert list(run.glob("plots/*.png")), "no picture was drawn"
    assert all(path.with_suffix(".pdf").exists() for path in run.glob("plots/*.png"))
    for account, friend in _friends(run, ledger):
        assert uproot.open(friend)["hepdl"].num_entries == account["entries"]


def _friends(run: Path, ledger: dict) -> list[tuple[dict, Path]]:
    """Each input file and its friend, for scripts that write friends."""
    if not (run / "scores").exists():
        return []
    return [(account, run / "scores" / account["sample"] / Path(account["path"]).name) for account in ledger["files"]]
