"""What the files of a reader say about themselves, each opened once, and whether they agree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from hepdl.columns import ColumnType
from hepdl.errors import InputError, did_you_mean
from hepdl_io.failures import ADVICE
from hepdl_io.fields import Field, Header
from hepdl_io.paths import Place

THREADS = 8

HOW = {
    "categories": "say categories={{'{0}': ['one', 'other']}} to read each text as its place in that list",
    "flatten": "say flatten=['{0}'] to read all inner elements of an event as one list",
}
"""Parameter → how to declare a column in it."""


class Catalogue:
    """Headers of files, in their order; a file is opened when it is first asked for.

    ``look`` opens a file; ``word`` is what its format calls a column; ``declared`` says for ``categories`` and
    ``flatten`` which columns the script has named there.
    """

    def __init__(
        self, files: Sequence[Place], look: Callable[[Place], Header], skip_bad: bool, word: str,
        declared: Mapping[str, Collection[str]],
    ) -> None:  # fmt: skip
        self.files = files
        self.skipped: list[tuple[str, str, str]] = []
        """Path, name of the sample and reason of files that were left out."""
        self._look_at, self._skip_bad, self._word, self._declared = look, skip_bad, word, declared
        self._headers: dict[tuple[str, str], Header] = {}

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

    def offers(self, header: Header) -> Iterator[tuple[str, ColumnType]]:
        """Columns of a file that can be read as the reader is set."""
        for name, field in header.fields.items():
            if field.kind is not None and (not field.need or name in self._declared[field.need]):
                yield name, field.kind

    def field(self, place: Place, header: Header, name: str) -> Field:
        """A column of one file, with the type that the first file gives it.

        Raises ``InputError`` when the file lacks it, it cannot be read, or its type differs from the first file's.
        """
        tree = f", tree '{header.tree}'" if header.tree else ""
        where = f"sample '{place.sample.name}', file '{place.path}'{tree}"
        first = next((other for other in self._headers.values() if name in other.fields), None)
        if first is None or name not in header.fields:
            has = f", which file '{first.path}' has" if first else ""
            raise InputError(f"{where}: there is no {self._word} '{name}'{has}{did_you_mean(name, header.fields)}")
        field, wanted = header.fields[name], first.fields[name]
        self._refuse_unreadable(field, name, f"{where}: {self._word} '{name}'")
        if not _agree(field, wanted):
            seen = f"{where}: {self._word} '{name}' is {_described(field)}"
            raise InputError(f"{seen}, but in file '{first.path}' it is {_described(wanted)}")
        return replace(field, kind=wanted.kind)

    def _refuse_unreadable(self, field: Field, name: str, what: str) -> None:
        if field.kind is None:
            raise InputError(f"{what} {field.problem}")
        if field.need and name not in self._declared[field.need]:
            raise InputError(f"{what} {field.problem}; {HOW[field.need].format(name)}")
        for parameter, names in self._declared.items():
            if name in names and field.need != parameter:
                raise InputError(f"{what} is {field.kind}, so it has no place in {parameter}=; take it out there")

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
        return self._headers.get((place.path, place.tree)) or self._look_at(place)

    def _keep(self, place: Place, header: Header) -> Header:
        for tree in (place.tree, header.tree):
            self._headers.setdefault((place.path, tree), header)
        return header

    def _leave_out(self, place: Place, error: InputError) -> None:
        if not self._skip_bad:
            raise InputError(f"sample '{place.sample.name}': {error}") from error
        skipped = (place.path, place.sample.name, str(error).removesuffix(f"; {ADVICE}"))
        if skipped not in self.skipped:
            self.skipped.append(skipped)


def _agree(one: Field, other: Field) -> bool:
    if one.kind is None or other.kind is None or one.need != other.need:
        return False
    both_float = one.kind.dtype.startswith("float") and other.kind.dtype.startswith("float")
    same_place = (one.kind.jagged, one.kind.shape) == (other.kind.jagged, other.kind.shape)
    return same_place and (both_float or one.kind.dtype == other.kind.dtype)


def _described(field: Field) -> str:
    texts = "lists of text" if field.kind and field.kind.jagged else "text"
    kinds = {"": str(field.kind), "categories": texts, "flatten": f"lists in a {field.kind}"}
    return kinds[field.need] if field.kind else "of another type"
