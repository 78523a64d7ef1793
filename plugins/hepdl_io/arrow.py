"""Tables as Arrow reads them: Parquet by row groups, Arrow IPC (Feather) by batches, CSV as a stream."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from hepdl.errors import InputError
from hepdl.events import Column, Jagged
from hepdl_io.failures import ADVICE, reading
from hepdl_io.fields import Field, Fields, OpenFile, finished, steps_of
from hepdl_io.nested import column_in, fields_in
from hepdl_io.paths import fingerprint

READABLE = "only numbers, fixed-size lists, lists of numbers and text can be read"


class ArrowFile(OpenFile):
    """A file of tables one after the other, of known lengths."""

    def __init__(self, path: str, schema: pa.Schema, lengths: Sequence[int]) -> None:
        self.path, self.tree, self.schema = path, "", schema
        self._starts = [0, *accumulate(lengths)]
        self.entries: int = self._starts[-1]
        self._range, self._columns = (0, 0), dict[str, pa.Array]()
        self._wanted: list[str] = []

    @abstractmethod
    def tables(self, first: int, last: int, columns: list[str]) -> pa.Table:
        """Tables ``first`` to ``last`` (exclusive) as one, with these columns at least."""

    @property
    def uuid(self) -> str:
        """These formats have none."""
        return fingerprint(self.path)

    @property
    def fields(self) -> Fields:
        """Columns; fields of a struct are ``column.field``."""
        fields: Fields = {}
        for column in self.schema:
            for field in fields_in(_form(column), column.name):
                problem = f"is of type '{column.type}'; {READABLE}" if field.kind is None else ""
                problem = f"is of type '{column.type}'" if field.need else problem
                fields[".".join((column.name, *field.members))] = replace(field, problem=problem)
        return fields

    def edges(self, fields: Sequence[Field], start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
        """Ranges that end where row groups or batches end."""
        self._wanted = list({field.path: None for field in fields})
        return steps_of(self._starts, start, stop, size)

    def column(self, field: Field, start: int, stop: int) -> Column:
        """One column; all that :meth:`edges` was told of are read together."""
        if self._range != (start, stop) or field.path not in self._columns:
            self._range, self._columns = (start, stop), self._read(start, stop, [*self._wanted, field.path])
        array = self._columns[field.path]
        direct = None if field.members or field.need else _direct(array)
        return column_in(ak.from_arrow(array), field) if direct is None else finished(direct, field)

    def _read(self, start: int, stop: int, names: list[str]) -> dict[str, pa.Array]:
        names = list(dict.fromkeys(names))
        last = bisect_left(self._starts, stop)
        first = min(bisect_right(self._starts, start) - 1, last)
        table = self.tables(first, last, names).slice(start - self._starts[first], stop - start)
        return _arrays(table, names)


class Parquet(ArrowFile):
    """A Parquet file, read by row groups."""

    def __init__(self, path: str, file: pq.ParquetFile) -> None:
        groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        super().__init__(path, file.schema_arrow, groups)
        self._file = file

    def edges(self, fields: Sequence[Field], start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
        """Ranges that end where row groups end, or within those that are much larger than ``size``."""
        groups = list(super().edges(fields, start, stop, size))
        return iter(groups) if max(b - a for a, b in groups) <= 4 * size else self._stream(start, stop, size)

    def _stream(self, start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
        """Decode row groups bit by bit, from first to last."""
        group = bisect_right(self._starts, start) - 1
        place = self._starts[group]
        groups = list(range(group, len(self._starts) - 1))
        for batch in self._file.iter_batches(size, row_groups=groups, columns=self._wanted, use_threads=False):
            first, last = max(start, place), min(stop, place + len(batch))
            if first < last:
                table = pa.Table.from_batches([batch]).slice(first - place, last - first)
                self._range, self._columns = (first, last), _arrays(table, self._wanted)
                yield first, last
            place += len(batch)
            if place >= stop:
                break

    def tables(self, first: int, last: int, columns: list[str]) -> pa.Table:
        """Row groups, decoded in one thread."""
        return self._file.read_row_groups(list(range(first, last)), columns=columns, use_threads=False)


class Feather(ArrowFile):
    """An Arrow IPC file, read by batches."""

    def __init__(self, path: str, file: pa.ipc.RecordBatchFileReader) -> None:
        super().__init__(path, file.schema, [file.get_batch(i).num_rows for i in range(file.num_record_batches)])
        self._file = file

    def tables(self, first: int, last: int, columns: list[str]) -> pa.Table:
        """Batches; those that are not compressed stay on disk until they are used."""
        batches = [self._file.get_batch(number) for number in range(first, last)]
        return pa.Table.from_batches(batches, self.schema).select(columns)


class Csv(ArrowFile):
    """A CSV file, read as a whole."""

    def __init__(self, path: str, table: pa.Table) -> None:
        super().__init__(path, table.schema, [table.num_rows])
        self._table = table

    def tables(self, first: int, last: int, columns: list[str]) -> pa.Table:
        """The file."""
        return self._table.slice(0, None if last > first else 0).select(columns)


@contextmanager
def open_arrow(path: str) -> Iterator[ArrowFile]:
    """A Parquet or Arrow IPC file, as its first bytes say."""
    with ExitStack() as stack:
        with reading(f"file '{path}' cannot be read"):
            file = stack.enter_context(Path(path).open("rb"))
            magic = file.read(6)
            if magic == b"ARROW1":
                found: ArrowFile = Feather(path, pa.ipc.open_file(stack.enter_context(pa.memory_map(path))))
            elif magic[:4] == b"PAR1":
                found = Parquet(
                    path, stack.enter_context(pq.ParquetFile(path, memory_map=True, page_checksum_verification=True))
                )
            else:
                raise InputError(f"file '{path}' is neither Parquet nor Arrow: it starts with {magic!r}; {ADVICE}")
        yield found


def _form(column: pa.Field) -> ak.forms.Form | None:
    try:
        return ak.from_arrow_schema(pa.schema([column])).content(column.name)
    except (TypeError, ValueError, NotImplementedError):
        return None


def _arrays(table: pa.Table, names: Sequence[str]) -> dict[str, pa.Array]:
    return {name: _one_piece(table.column(name)) for name in names}


def _direct(array: pa.Array) -> Column | None:
    """Numbers and lists of numbers without a detour over awkward, which is slow for them; None for all else."""
    kind = array.type
    if array.null_count:
        return None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = array.offsets.to_numpy().astype(np.int64)
        values = _direct(array.values.slice(offsets[0], max(0, offsets[-1] - offsets[0])))
        return Jagged(values, offsets - offsets[0]) if isinstance(values, np.ndarray) else None
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return array.to_numpy(zero_copy_only=False)
    return None


def _one_piece(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks() if column.num_chunks else pa.array([], column.type)
