"""What all tests share: a column cache of their own, and no display."""

import os

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("HEPDL_CACHE", str(tmp_path_factory.mktemp("cache")))
