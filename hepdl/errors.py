"""Every failure hepdl can name, and the one place that says "did you mean".

An error says what is wrong, where, what there is and what to do, with the value in quotes. A mistake of the
user ends in one of these classes; anything else that escapes is a bug of ours or of a plugin.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class HepdlError(Exception):
    """Base of every error that a user can mend; the command line prints it without a traceback."""


class ParameterError(HepdlError):
    """A parameter of a step is unknown, missing, of the wrong type or out of bounds."""


class ScriptError(HepdlError):
    """A steering script is missing, fails when it is read, or defines no chain."""


class UnknownAlgorithm(HepdlError):
    """No installed plugin offers this name."""


class BrokenPlugin(HepdlError):
    """A plugin offers a name but cannot be imported, or two distributions offer the same name."""


class WiringError(HepdlError):
    """The steps of a chain do not fit together: names, order, roles."""


class MissingColumn(WiringError):
    """A step reads a column that nothing before it provides."""


class ColumnClash(WiringError):
    """A step would add a column that exists already."""


class ExpressionError(HepdlError):
    """An expression cannot be parsed, uses something that is not allowed, or fails on the data."""


class InputError(HepdlError):
    """An input file, tree or branch is missing, unreadable or inconsistent."""


class NoAnswer(InputError):
    """A file gives no answer: its disk or network mount hangs."""


class BadValues(HepdlError):
    """The data hold NaN, infinities, unknown labels, duplicates or weights that cannot be used."""


class NothingLeft(HepdlError):
    """Every event was rejected, or a part that is needed is empty."""


class UnaccountedEntries(HepdlError):
    """The ledger does not add up: an entry was lost or counted twice."""


class RunFolderError(HepdlError):
    """A run folder exists already, is incomplete or cannot be written."""


class TamperedFile(HepdlError):
    """A checkpoint or state file does not match its checksum, or is not what it claims to be."""


class TrainingFailed(HepdlError):
    """A training diverged, collapsed or met a loss that is not a number."""


class ContractBroken(HepdlError):
    """An algorithm does not keep a rule that :mod:`hepdl.contract` checks."""


class Interrupted(HepdlError):
    """A training was stopped from outside (Ctrl-C, SIGTERM, time limit) and saved what is needed to go on."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known name most like ``word``, or None when nothing is close."""
    lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), list(lower), n=1, cutoff=0.6)
    return lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``", did you mean 'jet_pt'?"`` when a known name is close, else a short list of what there is."""
    known = list(known)
    near = closest(word, known)
    if near is not None:
        return f", did you mean '{near}'?"
    return f"; there is: {listed(known)}" if known else "; there is none"


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for a message: comma separated, cut after ``most``."""
    shown = ", ".join(str(name) for name in names[:most])
    return shown + (f", ... ({len(names)} in all)" if len(names) > most else "")
