"""RootWriter: columns back into ROOT files, beside the input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import uproot

from hepdl.events import Column, Jagged
from hepdl.sources import Source
from hepdl_io.branches import fields_of
from hepdl_io.fields import PARENT
from hepdl_io.file_writer import FileWriter
from hepdl_io.nested import column_in

CHUNK = 200_000
"""Entries in a basket."""


class RootWriter(FileWriter):
    """Writes friend trees: one file an input file, with the same number of entries in the same order.

    Entries that were not read or not selected hold the sentinel (lists are empty there). Beside the columns stand
    the reader's identity branches (-1 where an entry was not read), ``hepdl_split`` (0 train, 1 validation, 2 test,
    -1 not selected) and ``hepdl_entry``. Behind a step that makes objects of events, columns and ``hepdl_split`` are
    lists with one value for each object of the entry, in its order; those of an entry that was not read are empty.
    Each file is read back and compared before it gets its name ``<run>/<folder>/<sample>/<file>``. Raises
    ``RunFolderError`` when it cannot be written, as on a full disk.
    """

    suffix: ClassVar[str] = ".root"
    what: ClassVar[str] = "friend trees"

    def fill(self, path: Path, columns: Mapping[str, Column], source: Source) -> None:
        """Write one tree, and what it is a friend of as the text ``hepdl_parent``."""
        with path.open("w+b") as file, uproot.recreate(file) as out:
            out[PARENT] = self.parent(source)
            made = out.mktree(self.tree, {name: _type(column) for name, column in columns.items()})
            arrays = {name: c.awkward() if isinstance(c, Jagged) else c for name, c in columns.items()}
            for start in range(0, source.entries, CHUNK):
                made.extend({name: array[start : start + CHUNK] for name, array in arrays.items()})

    def read_back(self, path: Path) -> dict[str, Column]:
        """All columns of the tree."""
        with uproot.open({str(path): None}) as file:
            tree = file[self.tree]
            return {name: column_in(tree[name].array(), field) for name, field in fields_of(tree).items()}

    def friend_lines(self) -> list[str]:
        """For each input file, in order, the line of C++ that makes the friend known to its tree."""
        trees = [(source.tree.partition(";")[0].rpartition("/")[2] or "tree", path) for source, path in self.written()]
        return [f'{tree}->AddFriend("{self.tree}", "{path.resolve()}");' for tree, path in trees]

    def summary(self) -> list[str]:
        """How many files were written, where, and the line that uses the first."""
        lines = super().summary()
        return [f"{lines[0]}; to use one:", f"  {self.friend_lines()[0]}"] if lines else []


def _type(column: Column) -> Any:
    if isinstance(column, Jagged):
        return f"var * {column.values.dtype}"
    return np.dtype((column.dtype, column.shape[1:]))
