"""Provenance: where a result came from; versions, git, host, devices and times, and nothing of the environment."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("hepdl", "torch", "torch-geometric", "numpy", "uproot", "awkward", "pydantic", "safetensors", "matplotlib")


def provenance(script: Path, device: str = "cpu") -> dict[str, Any]:
    """What can be said before the first event; ``device`` as the run was given it."""
    return {
        "begin": now(),
        "argv": sys.orig_argv,
        "cwd": str(Path.cwd()),
        "script": str(script),
        "python": platform.python_version(),
        "versions": versions(),
        "plugins": plugin_versions(),
        "git": {"script": git_state(script.parent), "hepdl": git_state(Path(__file__).parent)},
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "device": device_names(device),
    }


def now() -> str:
    """Time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Installed versions of what the numbers depend on."""
    return {name: found for name in PACKAGES if (found := _version(name))}


def plugin_versions() -> dict[str, str]:
    """Distribution → version of everything that offers algorithms."""
    from hepdl.plugins import registry

    return {entry.distribution: entry.version for entry in registry().values()}


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and whether something was changed since; None outside a git checkout."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": bool(changed)}


def device_names(device: str) -> dict[str, Any]:
    """The device and what it is made of."""
    names: dict[str, Any] = {"used": device}
    if device.startswith("cuda"):
        import torch

        properties = torch.cuda.get_device_properties(torch.device(device))
        names |= {"name": properties.name, "memory_mb": properties.total_memory >> 20, "cuda": torch.version.cuda}
    return names


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(folder: Path, *command: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *command], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
