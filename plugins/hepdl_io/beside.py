"""Files side by side: trees of one file and friends, entry by entry with the file of the sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from string import Formatter

from hepdl.errors import InputError, ParameterError, did_you_mean
from hepdl_io.fields import Field, Fields, Header, OpenFile
from hepdl_io.paths import Place

KNOWN = ("sample", "path", "folder", "name", "stem")
"""What may stand in braces in the pattern of a friend."""


def refuse_unknown_words(pattern: str) -> None:
    """Raise ``ParameterError`` for words in braces that :func:`friend_of` does not know."""
    for _, word, _, _ in Formatter().parse(pattern):
        if word is not None and word not in KNOWN:
            raise ParameterError(f"friends: '{pattern}' holds '{{{word}}}'{did_you_mean(word, KNOWN)}")


def friend_of(place: Place, pattern: str) -> tuple[str, str]:
    """Path and tree of the friend of a file. Raises ``InputError`` when there is none."""
    path = Path(place.path)
    file, _, tree = pattern.partition(":")
    words = {"path": place.path, "folder": path.parent.name, "name": path.name, "stem": path.stem}
    name = file.format(sample=place.sample.name, **words)
    if not Path(name).exists():
        raise InputError(f"file '{place.path}' has no friend '{name}' (friends: '{pattern}')")
    return name, tree


def look_at(place: Place, files: Sequence[OpenFile], renamed: dict[str, str]) -> Header:
    """One header for files side by side; ``renamed`` gives the names in the file to columns named otherwise.

    Raises ``InputError`` for files of unequal length, a friend that was written for another file, and a name that no
    file holds.
    """
    first, *others = files
    for other in others:
        _refuse_stranger(first, other)
    fields: Fields = first.fields if not others else _joined(files)
    if renamed:
        fields = fields | {column: _wanted(fields, name, column, first) for column, name in renamed.items()}
    beside = tuple((other.path, other.tree) for other in others)
    return Header(place.path, first.tree, first.entries, first.uuid, fields, beside)


def _refuse_stranger(first: OpenFile, other: OpenFile) -> None:
    if other.entries != first.entries:
        one, two = _called(first, other), _called(other, first)
        raise InputError(f"{two} has {other.entries} entries, but {one}, beside which it stands, {first.entries}")
    if other.parent and other.path != first.path and other.parent != first.uuid:
        raise InputError(
            f"friend '{other.path}' was written for another file than '{first.path}' (UUID {other.parent}, not "
            f"{first.uuid}); write it again from this file"
        )


def _called(file: OpenFile, other: OpenFile) -> str:
    return f"file '{file.path}'" if file.path != other.path else f"file '{file.path}', tree '{file.tree}'"


def _joined(files: Sequence[OpenFile]) -> Fields:
    """As in ROOT: the first file's names win, a friend's are always found behind the name of its tree and a dot."""
    fields: Fields = dict(files[0].fields)
    for number, file in enumerate(files[1:], 1):
        for name, field in file.fields.items():
            there = replace(field, file=number)
            fields.setdefault(name, there)
            fields.setdefault(f"{file.tree or Path(file.path).stem}.{name}", there)
    return fields


def _wanted(fields: Fields, name: str, column: str, file: OpenFile) -> Field:
    if name not in fields:
        raise InputError(f"file '{file.path}' has no '{name}' to rename to '{column}'{did_you_mean(name, fields)}")
    return fields[name]
