"""Options of the verbs, with their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

SteeringScript = Annotated[
    Path, typer.Argument(metavar="SCRIPT", help="A steering script: a Python file that defines 'chain'.")
]
Entries = Annotated[int | None, Option("-n", "--entries", min=1, help="At most this many entries of EACH sample.")]
Skip = Annotated[int, Option("--skip", min=0, help="Pass over this many entries of each sample.")]
Inputs = Annotated[
    list[str] | None,
    Option("-i", "--input", metavar="SAMPLE=FILES", help="Other files for a sample (repeatable, path or pattern)."),
]
Folder = Annotated[
    Path | None, Option("-o", "--output", metavar="FOLDER", help="Run folder, else the next free runs/<script>_<n>.")
]
Settings = Annotated[
    list[str] | None,
    Option("--set", metavar="STEP[.PART].PARAMETER=VALUE", help="Set a parameter of the chain (repeatable)."),
]
Seed = Annotated[int, Option("--seed", min=0, help="Seed of everything random.")]
Device = Annotated[str, Option("--device", help="auto, cpu, cuda, cuda:1, mps, ...; auto is CUDA where there is one.")]
Epochs = Annotated[int | None, Option("--epochs", min=1, help="Number of epochs of every step that has them.")]
Smoke = Annotated[bool, Option("--smoke", help="A few hundred events of each sample, one epoch, end to end.")]
DryRun = Annotated[bool, Option("--dry-run", help="Check, print the resolved chain and the files, run nothing.")]
NoCache = Annotated[
    bool, Option("--no-cache", help="Keep no decoded columns beyond this run (else in HEPDL_CACHE or ~/.cache/hepdl).")
]
Memory = Annotated[
    float | None, Option("--memory", min=1, help="Megabytes for the events of one part; more are read in pools.")
]
Levels = Annotated[
    list[str] | None,
    Option("-l", "--log", metavar="[STEP=]LEVEL", help="DEBUG, INFO, WARNING or ERROR, of all or of one step."),
]
PluginFolders = Annotated[
    list[Path] | None,
    Option("--plugins", metavar="DIR", help="Folder of loose plugin files (repeatable; also HEPDL_PLUGINS)."),
]


def use_folders(folders: list[Path] | None) -> None:
    """Add plugin folders for this process and those it starts."""
    from hepdl.plugins import add_folder

    for folder in folders or []:
        add_folder(folder)
