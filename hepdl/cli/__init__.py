"""The command line: one small file a verb. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> None:
    """The ``hepdl`` command; what stands behind ``--`` belongs to the steering script."""
    from hepdl.cli.app import app
    from hepdl.cli.failure import Words

    typed = list(sys.argv[1:] if words is None else words)
    place = typed.index("--") if "--" in typed else len(typed)
    app(typed[:place], prog_name="hepdl", obj=Words(typed[:place], typed[place + 1 :]))
