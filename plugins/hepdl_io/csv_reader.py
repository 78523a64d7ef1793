"""CsvReader: events from text files, as colleagues send them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, PrivateAttr

from hepdl.errors import InputError
from hepdl_io.failures import reading
from hepdl_io.fields import OpenFile
from hepdl_io.file_reader import FileReader
from hepdl_io.optional import needs
from hepdl_io.paths import expand

if TYPE_CHECKING:
    import pyarrow as pa

ONE_AT_A_TIME = Lock()
"""Files are opened in threads, but the types are found only once."""


class CsvReader(FileReader):
    """Reads tables of numbers and text, one event a line, with the names of the columns in the first line.

    A file is read as a whole; ``.csv.gz`` is unpacked. A column has the type that its values in the first file allow
    (integer, else float, else text), in all files. Raises ``InputError`` naming file and line for a line of another
    length or a value of another type.
    """

    delimiter: str = Field(",", min_length=1, max_length=1)
    """What stands between two values."""
    types: dict[str, Literal["bool", "int64", "float32", "float64", "string"]] = {}
    """Column → type, where the values of the first file do not tell."""
    _found: dict[str, Any] = PrivateAttr(default_factory=dict)

    def open_file(self, path: str, tree: str) -> AbstractContextManager[OpenFile]:
        """Read a file."""
        with needs("pyarrow", "csv", "CSV files"):
            import pyarrow.csv  # noqa: F401
        return self._open(path)

    @contextmanager
    def _open(self, path: str) -> Iterator[OpenFile]:
        from hepdl_io.arrow import Csv

        yield Csv(path, self._read(path, self._types()))

    def _types(self) -> dict[str, Any]:
        """Types of the columns of the first file that can be read."""
        with ONE_AT_A_TIME:
            for place in [] if self._found else expand(self.samples):
                try:
                    schema = self._read(place.path, self.types).schema
                except InputError:
                    continue
                self._found = dict(zip(schema.names, schema.types, strict=True))
                break
        return self._found | self.types

    def _read(self, path: str, types: dict[str, Any]) -> pa.Table:
        from pyarrow import csv

        with reading(f"file '{path}' cannot be read"):
            table = csv.read_csv(
                path,
                csv.ReadOptions(use_threads=False),
                csv.ParseOptions(delimiter=self.delimiter),
                csv.ConvertOptions(column_types=types, null_values=["", "NA", "N/A", "null"]),
            )
        _refuse_header(path, table.schema.names)
        return table


def _refuse_header(path: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"file '{path}': the first line names '{twice[0]}' twice; each column needs its own name")
    if all(_is_number(name) for name in names):
        raise InputError(f"file '{path}': the first line must hold the names of the columns, not {','.join(names)}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
