"""Hdf5Writer: columns back into HDF5 files, beside the input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hepdl.events import Column, Jagged
from hepdl.job import Job
from hepdl.sources import Source
from hepdl_io.file_writer import FileWriter
from hepdl_io.optional import needs

CHUNK_BYTES = 1 << 20


class Hdf5Writer(FileWriter):
    """Writes HDF5 files: one file an input file, with the same number of entries in the same order.

    Each column is a dataset in the group ``tree``, ``[N]``, ``[N, k]`` or of variable length; all are compressed.
    Entries that were not read or not selected hold the sentinel (lists are empty there). Beside the columns stand
    the reader's identity columns (-1 where an entry was not read), ``hepdl_split`` (0 train, 1 validation, 2 test,
    -1 not selected) and ``hepdl_entry``. Behind a step that makes objects of events, columns and ``hepdl_split`` are
    lists with one value for each object of the entry, in its order; those of an entry that was not read are empty.
    Each file is read back and compared before it gets its name ``<run>/<folder>/<sample>/<file>``. Raises
    ``RunFolderError`` when it cannot be written, as on a full disk.
    """

    suffix: ClassVar[str] = ".h5"
    what: ClassVar[str] = "files of scores"

    def initialize(self, job: Job) -> None:
        """Raises ``InputError`` when h5py is not installed, before anything is read."""
        super().initialize(job)
        with needs("h5py", "hdf5", "HDF5 files"):
            import h5py  # noqa: F401

    def fill(self, path: Path, columns: Mapping[str, Column], source: Source) -> None:
        """Write one group of datasets, and what they stand beside as its attribute ``hepdl_parent``."""
        import h5py

        with h5py.File(path, "w") as file:
            file.attrs["hepdl_parent"] = self.parent(source)
            group = file.create_group(self.tree)
            for name, column in columns.items():
                if isinstance(column, Jagged):
                    dataset = group.create_dataset(name, len(column), h5py.vlen_dtype(column.values.dtype))
                    if column.values.size:
                        dataset[:] = _lists(column)
                else:
                    group.create_dataset(name, data=column, compression="gzip", chunks=_chunks(column), shuffle=True)

    def read_back(self, path: Path) -> dict[str, Column]:
        """All datasets of the group."""
        from hepdl_io.hdf5 import open_datasets

        with open_datasets(str(path), f"{self.tree}/hepdl_entry", "valid") as file:
            fields = {field.path.rpartition("/")[2]: field for field in file.fields.values()}
            return {name: file.column(field, 0, file.entries) for name, field in fields.items()}


def _lists(column: Jagged) -> np.ndarray:
    lists = np.empty(len(column), object)
    lists[:] = [column.values[start:stop] for start, stop in zip(column.offsets, column.offsets[1:], strict=False)]
    return lists


def _chunks(column: np.ndarray) -> Any:
    """About one megabyte; none for an empty dataset."""
    row = max(1, column[:1].nbytes)
    return (min(len(column), max(1, CHUNK_BYTES // row)), *column.shape[1:]) if column.size else None
