"""Hdf5Reader: events from HDF5 files."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import ClassVar

from hepdl_io.fields import OpenFile
from hepdl_io.file_reader import FileReader
from hepdl_io.optional import needs


class Hdf5Reader(FileReader):
    """Reads datasets of HDF5 files whose first dimension counts the events (or jets).

    A plain dataset ``[N, ...]`` becomes a column of its name, as an image ``[N, C, H, W]``; that of ``group/x`` is
    ``group.x``. Members of a structured dataset ``jets`` become ``jets.pt``. A structured dataset ``[N, M]`` with a
    member ``valid``, as ATLAS writes them, becomes jagged columns ``tracks.d0`` of its valid elements; datasets of
    variable length become jagged too. Half floats are read as float32. A file that cannot be read ends the run with
    ``InputError``.
    """

    word: ClassVar[str] = "dataset"
    writer: ClassVar[str] = "Hdf5Writer"

    events: str = ""
    """The dataset that has an entry for each event; when empty, the length that most datasets have."""
    valid: str = "valid"
    """Member that tells which elements of a padded list are there; without it the padded array is read."""

    def open_file(self, path: str, tree: str) -> AbstractContextManager[OpenFile]:
        """Open a file and look for its datasets."""
        with needs("h5py", "hdf5", "HDF5 files"):
            from hepdl_io.hdf5 import open_datasets
        return open_datasets(path, self.events, self.valid)
