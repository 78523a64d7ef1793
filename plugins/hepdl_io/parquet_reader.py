"""ParquetReader: events from Parquet and Arrow IPC (Feather) files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager

from hepdl_io.fields import OpenFile
from hepdl_io.file_reader import FileReader
from hepdl_io.optional import needs


class ParquetReader(FileReader):
    """Reads columns of Parquet and Arrow IPC (Feather) files, row group by row group.

    Numbers become columns ``[N]``, fixed-size lists ``[N, k]``, lists jagged columns; fields of a struct have a dot,
    ``jet.pt``. A missing value (null) is an error. A file that cannot be read ends the run with ``InputError``.
    """

    flatten: list[str] = []
    """Columns that hold lists of lists, to be read as one list of all inner elements of an event."""

    def open_file(self, path: str, tree: str) -> AbstractContextManager[OpenFile]:
        """Open a file and read its schema."""
        with needs("pyarrow", "parquet", "Parquet and Arrow files"):
            from hepdl_io.arrow import open_arrow
        return open_arrow(path)

    def declared(self) -> Mapping[str, Collection[str]]:
        """Columns in ``categories`` and ``flatten``."""
        return {"categories": self.categories, "flatten": self.flatten}
