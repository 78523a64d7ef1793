"""The command line: one small file a verb. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> None:
    """The ``hepdl`` command; what stands behind ``--`` belongs to the steering script."""
    _tame_threads()
    from hepdl.cli.app import app
    from hepdl.cli.failure import Words

    typed = list(sys.argv[1:] if words is None else words)
    place = typed.index("--") if "--" in typed else len(typed)
    app(typed[:place], prog_name="hepdl", obj=Words(typed[:place], typed[place + 1 :]))


def _tame_threads() -> None:
    """OpenMP's threads sleep while they wait, for spinning on a shared node slows all down; before torch is there."""
    if not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & set(os.environ):
        os.environ["GOMP_SPINCOUNT"] = "0"
