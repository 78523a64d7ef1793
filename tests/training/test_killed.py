"""A training that is killed with SIGKILL and resumed gives the same bits as one that was not."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.learning.material import bits, ready
from tests.training.test_pivot import STEP, fit

ROOT = Path(__file__).parents[2]
SCRIPT = """
import os, sys, torch
from pathlib import Path
from hepdl.learning import loop
from tests.training.test_pivot import STEP, fit, ready

folder, die, resume = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "resume"
add, count = loop.Tally.add, 0

def counted(self, losses):
    global count
    add(self, losses)
    count += 1
    if count == die:
        os.kill(os.getpid(), 9)

loop.Tally.add = counted
step = fit(ready(STEP, folder, checkpoint_seconds=0.0, resume=resume))
torch.save(step.module.state_dict(), folder / "state.pt")
"""


def run(folder: Path, die: int, how: str) -> int:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", SCRIPT, str(folder), str(die), how]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


@pytest.mark.slow
def test_killed_and_resumed_is_bit_identical(tmp_path: Path) -> None:
    assert run(tmp_path / "parts", 19, "fresh") == -signal.SIGKILL
    assert run(tmp_path / "parts", 6, "resume") == -signal.SIGKILL
    assert run(tmp_path / "parts", 0, "resume") == 0
    resumed = torch.load(tmp_path / "parts/state.pt", weights_only=True)
    assert {name: tensor.numpy().tobytes() for name, tensor in resumed.items()} == bits(fit(ready(STEP)))
