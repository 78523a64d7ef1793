"""What the files of a reader say about themselves, each opened once, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hepdl.columns import ColumnType
from hepdl.errors import InputError, did_you_mean
from hepdl.sources import Sample
from hepdl_io.branches import Field, Fields
from hepdl_io.paths import Place, expand
from hepdl_io.trees import ADVICE, Header, read_header

THREADS = 8


class Catalogue:
    """Headers of files, in the order of the samples; a file is opened when it is first asked for."""

    def __init__(self, samples: Sequence[Sample], tree: str, skip_bad: bool) -> None:
        self.files = expand(samples)
        self.skipped: list[tuple[str, str, str]] = []
        """Path, name of the sample and reason of files that were left out."""
        self._tree, self._skip_bad = tree, skip_bad
        self._headers: dict[tuple[str, str], Header] = {}
        self._known: dict[Any, Fields] = {}

    def headers(self, head: bool = False) -> list[tuple[Place, Header]]:
        """Headers of all files (of one a sample with ``head``), opened in parallel.

        Raises ``InputError`` for a bad file, or, where those are skipped, for a sample that has no other.
        """
        found = list(self._look(self._first_files() if head and not self._skip_bad else self.files))
        good = {place.sample.name for place, _ in found}
        for _, sample, reason in self.skipped:
            if sample not in good:
                raise InputError(f"sample '{sample}': none of its files can be read; the first: {reason}")
        return found

    def header(self, place: Place) -> Header:
        """The header of one file."""
        return self._keep(place, self._read(place))

    def field(self, place: Place, header: Header, name: str) -> Field:
        """A column of one file, with the type that the first file gives it.

        Raises ``InputError`` when the file lacks it, it cannot be read, or its type differs from the first file's.
        """
        where = f"sample '{place.sample.name}', file '{place.path}', tree '{header.tree}'"
        first = next((other for other in self._headers.values() if name in other.fields), None)
        if first is None or name not in header.fields:
            has = f", which file '{first.path}' has" if first else ""
            raise InputError(f"{where}: there is no branch '{name}'{has}{did_you_mean(name, header.fields)}")
        field, kind = header.fields[name], first.fields[name].kind
        if field.kind is None:
            raise InputError(
                f"{where}: branch '{name}' is of type '{field.typename}'; only numbers, fixed-size arrays and "
                "lists of numbers can be read"
            )
        if kind is None or not _agree(field.kind, kind):
            raise InputError(f"{where}: branch '{name}' is {field.kind}, but in file '{first.path}' it is {kind}")
        return Field(field.branch, field.members, kind, field.typename)

    def _first_files(self) -> list[Place]:
        firsts: dict[int, Place] = {}
        for place in self.files:
            firsts.setdefault(id(place.sample), place)
        return list(firsts.values())

    def _look(self, places: Sequence[Place]) -> Iterator[tuple[Place, Header]]:
        with ThreadPoolExecutor(THREADS) as pool:
            for place, header in zip(places, pool.map(self._try, places), strict=True):
                if isinstance(header, Header):
                    yield place, self._keep(place, header)
                else:
                    self._leave_out(place, header)

    def _try(self, place: Place) -> Header | InputError:
        try:
            return self._read(place)
        except InputError as error:
            return error

    def _read(self, place: Place) -> Header:
        key = place.path, place.tree or self._tree
        return self._headers.get(key) or read_header(*key, self._known)

    def _keep(self, place: Place, header: Header) -> Header:
        for tree in (place.tree or self._tree, header.tree):
            self._headers.setdefault((place.path, tree), header)
        return header

    def _leave_out(self, place: Place, error: InputError) -> None:
        if not self._skip_bad:
            raise InputError(f"sample '{place.sample.name}': {error}") from error
        skipped = (place.path, place.sample.name, str(error).removesuffix(f"; {ADVICE}"))
        if skipped not in self.skipped:
            self.skipped.append(skipped)


def _agree(one: ColumnType, other: ColumnType) -> bool:
    both_float = one.dtype.startswith("float") and other.dtype.startswith("float")
    return (one.jagged, one.shape) == (other.jagged, other.shape) and (both_float or one.dtype == other.dtype)
