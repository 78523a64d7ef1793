"""The samples in data/: unchanged, listed, and what their pages say."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import uproot

DATA = Path(__file__).parents[1] / "data"
SUMS = sorted(DATA.glob("*/SHA256SUMS"))


@pytest.mark.parametrize("sums", SUMS, ids=lambda path: path.parent.name)
def test_files_are_those_of_the_checksums(sums: Path) -> None:
    listed = dict(reversed(line.split("  ")) for line in sums.read_text().splitlines())
    assert set(listed) == {path.name for path in sums.parent.glob("*.root")}
    for name, digest in listed.items():
        assert hashlib.sha256((sums.parent / name).read_bytes()).hexdigest() == digest, name


def test_every_sample_has_a_page_in_the_index() -> None:
    index = (DATA / "README.md").read_text()
    assert all(f"({sums.parent.name}/README.md)" in index for sums in SUMS)


@pytest.mark.parametrize("folder", ["quark_gluon", "top", "flavour"])
def test_branches_are_those_of_the_page(folder: str) -> None:
    page = (DATA / folder / "README.md").read_text()
    rows = [line.split("|")[1] for line in page.split("## Branches")[1].split("## How")[0].splitlines() if "|" in line]
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    counter = "ntrack" if folder == "flavour" else "npart"
    for path in sorted((DATA / folder).glob("*.root")):
        assert set(uproot.open(path)["jets"].keys()) == described | {counter}, path.name


def test_two_tracks_of_a_b_hadron_share_a_vertex() -> None:
    tracks = uproot.open(DATA / "flavour" / "b_01.root")["jets"].arrays(["track_origin", "track_vertex"])
    origin, vertex = (np.concatenate([np.asarray(each) for each in tracks[k]]) for k in tracks.fields)
    assert np.all((origin == 0) == (vertex == -1))
    assert np.all(vertex[origin == 2] > 0)
    assert np.mean(vertex[origin == 1] == 0) > 0.99
    of_b = [
        vertex[origin == 2] for origin, vertex in zip(*(map(np.asarray, tracks[k]) for k in tracks.fields), strict=True)
    ]
    assert np.mean([len(np.unique(each)) < len(each) for each in of_b if len(each) > 1]) > 0.5
