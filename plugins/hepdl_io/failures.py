"""Bad bytes: whatever the libraries raise becomes one error that names file, column and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hepdl.errors import HepdlError, InputError

COMPARE = "compare it with the original and copy it again"
ADVICE = f"{COMPARE}, or let skip_bad_files=True leave such files out"


@contextmanager
def reading(what: str, kind: type[HepdlError] = InputError, advice: str = ADVICE) -> Iterator[None]:
    """Turn whatever a format's library and the decompressors raise into an error of hepdl that starts with ``what``.

    They have no common error class, hence the wide net; only calls to them may stand inside.
    """
    try:
        yield
    except HepdlError:
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
        raise kind(f"{what} ({reason}); {advice}") from error
