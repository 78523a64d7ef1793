"""Trees in ROOT files: open a file, find the tree, say clearly what is wrong with either."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import uproot

from hepdl.errors import HepdlError, InputError, did_you_mean, listed
from hepdl_io.branches import Fields, fields_of, signature

KINDS = ("TTree", "TNtuple", "TNtupleD", "ROOT::RNTuple")
ONE_AT_A_TIME = Lock()
"""Files are opened in threads, but the first of its look is taken apart only once."""
COMPARE = "compare it with the original and copy it again"
ADVICE = f"{COMPARE}, or let RootReader(skip_bad_files=True) leave such files out"


@dataclass(frozen=True)
class Header:
    """What a file says about itself before an entry is read."""

    path: str
    tree: str
    entries: int
    uuid: str
    fields: Fields


@contextmanager
def reading(what: str, kind: type[HepdlError] = InputError, advice: str = ADVICE) -> Iterator[None]:
    """Turn whatever uproot and the decompressors raise on bad bytes into an error of hepdl that starts with ``what``.

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


@contextmanager
def opened(path: str, tree: str) -> Iterator[Any]:
    """The tree ``tree`` of a file (its only tree when empty), closed afterwards."""
    _check_length(path)
    with reading(f"file '{path}' cannot be read"):
        file = uproot.open({path: None})
    with file:
        with reading(f"file '{path}' cannot be read"):
            found = file[_choose(file, path, tree)]
        yield found


def read_header(path: str, tree: str, known: dict[Any, Fields]) -> Header:
    """Open a file and look at its tree; ``known`` lets files that look alike share their fields."""
    with opened(path, tree) as found, reading(f"file '{path}' cannot be read"):
        look = signature(found)
        with ONE_AT_A_TIME:
            if look not in known:
                known[look] = fields_of(found)
        name = found.object_path.rpartition(";")[0].strip("/")
        return Header(path, name, int(found.num_entries), _uuid(found, path), known[look])


def _check_length(path: str) -> None:
    """A ROOT file says in its first bytes where it ends."""
    with reading(f"file '{path}' cannot be read"), Path(path).open("rb") as file:
        start = file.read(20)
        size = os.fstat(file.fileno()).st_size
    if len(start) < 20 or start[:4] != b"root":
        raise InputError(f"file '{path}' is not a ROOT file: {size} bytes that start with {start[:8]!r}; {ADVICE}")
    version, _, end = struct.unpack(">iii", start[4:16])
    if version >= 1_000_000:
        (end,) = struct.unpack(">q", start[12:20])
    if size < end:
        raise InputError(f"file '{path}' is truncated: {size} of {end} bytes are there; {ADVICE}")


def _choose(file: Any, path: str, tree: str) -> str:
    kinds = file.classnames(cycle=False)
    trees = [name for name, kind in kinds.items() if kind in KINDS]
    wanted = tree.partition(";")[0].strip("/")
    if not trees:
        raise InputError(f"file '{path}' holds no tree; it holds: {listed(sorted(set(kinds.values()))) or 'nothing'}")
    if not wanted and len(trees) > 1:
        raise InputError(f"file '{path}' holds several trees, choose one with tree='{trees[0]}': {listed(trees)}")
    if wanted and wanted not in trees:
        raise InputError(f"file '{path}' holds no tree '{tree}'{did_you_mean(wanted, trees)} (trees: {listed(trees)})")
    return tree.strip("/") or trees[0]


def _uuid(tree: Any, path: str) -> str:
    if tree.file.uuid.int:
        return str(tree.file.uuid)
    with Path(path).open("rb") as file:  # some writers leave it zero
        return hashlib.blake2b(file.read(1 << 16), digest_size=16).hexdigest()
