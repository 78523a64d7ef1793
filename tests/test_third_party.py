"""A stranger's package, built from the page that explains how, appears and runs with no change in hepdl."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "writing_a_plugin.md").read_text()
BLOCKS = dict(re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```", PAGE, re.M | re.S))
CHAIN = """
import numpy as np
from hepdl import Chain
from hepdl.algorithms import DeltaPhi
from hepdl.engine import run
from hepdl.job import Job
from tests.memory import FILES, Collect, MemoryReader, sample

one = sample("jets", 20)
FILES["jets.mem"] |= {"jet_phi": np.full(20, 3, "f4"), "met_phi": np.full(20, -3, "f4")}
outcome = run(Chain(MemoryReader(one), DeltaPhi("jet_phi", "met_phi"), Collect(columns=["delta_phi"])), Job())
print("angle %.4f" % Collect.seen[0]["delta_phi"][0], "accounted", outcome.ledger.totals()["read"])
"""


def call(*words: str, path: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with extra packages on its path."""
    paths = [str(path)] if path else []
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([*paths, str(ROOT)]), "COLUMNS": "200"} | environment
    return subprocess.run(
        [sys.executable, *words], env=variables, capture_output=True, text=True, check=False, cwd=ROOT
    )


def hepdl(*words: str, path: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the ``hepdl`` command."""
    return call("-c", "from hepdl.cli import main; main()", *words, path=path, **environment)


def package(folder: Path, files: dict[str, str]) -> Path:
    """Write a package and pip-install it into a folder of its own."""
    for name, text in files.items():
        file = folder / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    site = folder / "site"
    words = ["install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", str(site)]
    done = call("-m", "pip", *words, str(folder / "source"))
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture(scope="module")
def angles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the documentation, installed."""
    assert set(BLOCKS) == {
        "pyproject.toml", "hepdl_angles/__init__.py", "hepdl_angles/delta_phi.py", "tests/test_delta_phi.py",
    }  # fmt: skip
    return package(tmp_path_factory.mktemp("angles"), BLOCKS)


def test_appears_in_the_list(angles: Path) -> None:
    assert "DeltaPhi" not in hepdl("list").stdout
    done = hepdl("list", path=angles)
    assert done.returncode == 0, done.stderr
    assert re.search(r"DeltaPhi.*the azimuthal angle", done.stdout)
    assert "hepdl-angles" in done.stdout


def test_is_described(angles: Path) -> None:
    done = hepdl("describe", "DeltaPhi", path=angles)
    assert done.returncode == 0, done.stderr
    assert "Column with the azimuth of one object" in done.stdout


def test_runs_in_a_chain(angles: Path) -> None:
    done = call("-c", CHAIN, path=angles)
    assert done.returncode == 0, done.stderr
    assert "angle -0.2832 accounted 20" in done.stdout


def test_keeps_the_contract(angles: Path) -> None:
    tests = angles.parent / "source" / "tests"
    done = call("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests), path=angles)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_loose_file_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "angles.py").write_text(BLOCKS["hepdl_angles/delta_phi.py"])
    done = hepdl("list", "--plugins", str(tmp_path))
    assert re.search(r"DeltaPhi.*The azimuthal angle between two objects", done.stdout), done.stderr
    assert "angle -0.2832" in call("-c", CHAIN, HEPDL_PLUGINS=str(tmp_path)).stdout


def test_broken_loose_file_breaks_only_who_asks(tmp_path: Path) -> None:
    (tmp_path / "angles.py").write_text(BLOCKS["hepdl_angles/delta_phi.py"])
    (tmp_path / "bad.py").write_text('class Bad(Algorithm):\n    """Lacks an import."""\n')
    assert "angle -0.2832" in call("-c", CHAIN, HEPDL_PLUGINS=str(tmp_path)).stdout
    done = hepdl("describe", "Bad", HEPDL_PLUGINS=str(tmp_path))
    assert done.returncode != 0
    message = " ".join(done.stderr.split())
    assert "'Bad'" in message
    assert "NameError" in message
    assert "Traceback" not in message


def test_plugin_that_cannot_be_imported_is_reported(tmp_path: Path) -> None:
    broken = BLOCKS | {"hepdl_angles/__init__.py": "import missing_library\n"}
    site = package(tmp_path, broken)
    done = hepdl("list", path=site)
    assert done.returncode == 0
    text = " ".join((done.stdout + done.stderr).split())
    assert "missing_library" in text
    assert "hepdl-angles 1.0" in text
    asked = " ".join(hepdl("describe", "DeltaPhi", path=site).stderr.split())
    assert "no plugin offers 'DeltaPhi'" in asked
    assert "missing_library" in asked


def test_clash_names_both_distributions(angles: Path, tmp_path: Path) -> None:
    other = {
        name.replace("hepdl_angles", "other_angles"): text.replace("hepdl-angles", "other-angles")
        .replace("hepdl_angles", "other_angles").replace('angles = "', 'other = "')
        for name, text in BLOCKS.items()
    }  # fmt: skip
    site = package(tmp_path, other)
    both = os.pathsep.join([str(angles), str(site)])
    done = hepdl("describe", "DeltaPhi", path=Path(both))
    assert done.returncode != 0
    message = " ".join(done.stderr.split())
    assert "offered twice" in message
    assert "hepdl-angles 1.0" in message
    assert "other-angles 1.0" in message
    assert hepdl("list", path=Path(both)).returncode == 0


def test_the_learner_of_the_page_keeps_the_contract(tmp_path: Path) -> None:
    code = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)[-1]
    (tmp_path / "centre.py").write_text(code)
    program = "from hepdl import algorithms, contract; contract.check_algorithm(algorithms.Centre('x'))"
    done = call("-c", program, HEPDL_PLUGINS=str(tmp_path))
    assert done.returncode == 0, done.stderr
