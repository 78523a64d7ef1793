"""RootReader: events from ROOT files, TTree or RNTuple."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from pydantic import PrivateAttr

from hepdl.sources import Source
from hepdl_io.fields import Fields, OpenFile
from hepdl_io.file_reader import FileReader
from hepdl_io.paths import Place
from hepdl_io.sums import sum_over_trees
from hepdl_io.trees import open_tree


class RootReader(FileReader):
    """Reads trees (TTree or RNTuple) from ROOT files, with names as in ROOT.

    Numbers become columns ``[N]``, fixed-size arrays ``[N, k]``, variable-size arrays and vectors jagged columns.
    Members of leaf lists and simple objects have a dot: ``leaflist.x``, ``jetp4.fE``. A sample's pattern may name
    its tree after a colon, ``"higgs.root:sig_tree"``. Of a name that stands in several trees the first is read; the
    others are ``tree.name``. A file that cannot be read ends the run with ``InputError``.
    """

    word: ClassVar[str] = "branch"

    tree: str = ""
    """Name or path (``folder/tree``) of the tree; may be empty where each file holds only one."""
    trees: list[str] = []
    """More trees of the same file, as long as the first, whose branches stand beside its own."""
    flatten: list[str] = []
    """Branches of type vector<vector<T>> to be read as one list of all inner elements of an event."""
    _known: dict[Any, Fields] = PrivateAttr(default_factory=dict)

    def open_file(self, path: str, tree: str) -> AbstractContextManager[OpenFile]:
        """Open a file and find its tree."""
        return open_tree(path, tree, self._known)

    def sum_over(self, branch: str, sources: Sequence[Source]) -> float:
        """Sum of ``tree.branch``. Raises ``InputError`` when a file lacks it or it is not one number an entry."""
        return sum_over_trees(branch, sources)

    def declared(self) -> Mapping[str, Collection[str]]:
        """Columns in ``categories`` and ``flatten``."""
        return {"categories": self.categories, "flatten": self.flatten}

    def places_of(self, place: Place) -> list[tuple[str, str]]:
        """The tree, the other trees of the file, and its friends."""
        first, *friends = super().places_of(place)
        return [(place.path, first[1] or self.tree), *((place.path, tree) for tree in self.trees), *friends]
