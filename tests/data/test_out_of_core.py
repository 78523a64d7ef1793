"""A set ten times larger than the memory it may use: trained to the end, under a limit that the system enforces."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMORY_MB = 8
ALLOWED_MB = 90
"""For everything above the imports: less than the columns, so that they cannot all be held at any moment."""
LIMITED = """
import json, resource, sys, threading
from pathlib import Path
import torch
torch.set_num_threads(1)
from hepdl.data.cache import Cache
from hepdl.engine import run
from hepdl.job import Job
from tests.data.wide import chain, status

run(chain(entries=200), Job(), limit=100)  # all is imported, all threads have begun
before = status("VmData")
limit = int(before + {allowed}) * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
start, peak, done = status("RssAnon"), [0.0], threading.Event()

def watch():
    while not done.wait(0.002):
        peak[0] = max(peak[0], status("RssAnon"))

watcher = threading.Thread(target=watch)
watcher.start()
try:
    outcome = run(chain(), Job(cache=Cache(Path(sys.argv[1])), memory_mb={memory}))
finally:
    done.set()
    watcher.join()
print(json.dumps({{"anonymous_mb": peak[0] - start, "notes": outcome.ledger.notes}}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="RssAnon and RLIMIT_DATA are Linux's")
def test_ten_times_the_memory(tmp_path):
    code = LIMITED.format(allowed=ALLOWED_MB, memory=MEMORY_MB)
    answer = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-2000:]
    told = json.loads(answer.stdout.splitlines()[-1])
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.values")) / 1e6
    assert size > 10 * MEMORY_MB
    told_as = f"{size:.0f} MB of columns, memory={MEMORY_MB}: {told['anonymous_mb']:.0f} MB anonymous above the imports"
    sys.stdout.write(f"{told_as}\n")
    assert told["anonymous_mb"] < ALLOWED_MB < size
    assert any("read in pools" in note for note in told["notes"])
