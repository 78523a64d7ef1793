"""Trees in ROOT files: open a file, find the tree, say clearly what is wrong with either."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import uproot
from uproot.source.file import MultithreadedFileSource

from hepdl.errors import InputError, did_you_mean, listed
from hepdl.events import Column
from hepdl_io.branches import boundaries, decode, fields_of, signature
from hepdl_io.failures import ADVICE, reading
from hepdl_io.fields import PARENT, Field, Fields, OpenFile, steps_of
from hepdl_io.paths import fingerprint

KINDS = ("TTree", "TNtuple", "TNtupleD", "ROOT::RNTuple")
INFLATE = getattr(uproot.compression, "_decompress_ZLIB", None)
if INFLATE is not None and find_spec("isal"):
    INFLATE.library = "isal"  # the same bytes, faster; uproot's own switch, ZLIB.library, acts on writing alone
ONE_AT_A_TIME = Lock()
"""Files are opened in threads, but the first of its look is taken apart only once."""


class Tree(OpenFile):
    """A TTree or RNTuple."""

    def __init__(self, path: str, tree: Any, known: dict[Any, Fields]) -> None:
        self.path, self._tree, self._known = path, tree, known
        self.tree: str = tree.object_path.rpartition(";")[0].strip("/")
        self.entries = int(tree.num_entries)
        self._range, self._arrays = (0, 0), dict[str, Any]()

    @property
    def uuid(self) -> str:
        """As ROOT gave it; some writers leave it zero."""
        return str(self._tree.file.uuid) if self._tree.file.uuid.int else fingerprint(self.path)

    @property
    def fields(self) -> Fields:
        """Columns; files that look alike share theirs."""
        look = signature(self._tree)
        with ONE_AT_A_TIME:
            if look not in self._known:
                self._known[look] = fields_of(self._tree)
        return self._known[look]

    def edges(self, fields: Sequence[Field], start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
        """Ranges that end where baskets (clusters) end."""
        return steps_of(boundaries(self._tree, fields), start, stop, size)

    def column(self, field: Field, start: int, stop: int) -> Column:
        """One column; a branch with several members is decoded once."""
        if self._range != (start, stop):
            self._range, self._arrays = (start, stop), {}
        return decode(self._tree, field, start, stop, self._arrays)


@contextmanager
def open_tree(path: str, tree: str, known: dict[Any, Fields]) -> Iterator[Tree]:
    """The tree ``tree`` of a file (its only tree when empty), closed afterwards."""
    _check_length(path)
    with reading(f"file '{path}' cannot be read"):
        file = uproot.open({path: None}, handler=MultithreadedFileSource, num_workers=1, use_threads=False)
    with file:
        with reading(f"file '{path}' cannot be read"):
            found = Tree(path, file[_choose(file, path, tree)], known)
            found.tree = tree if ";" in tree else found.tree  # an old cycle must be found again
            if PARENT in file:
                found.parent = json.loads(str(file[PARENT]))["uuid"]
        yield found


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
