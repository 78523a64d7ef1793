"""Patterns among input columns: ``["jet_*", "!jet_eta"]`` becomes a list of names, in the order of the columns."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from hepdl.columns import Columns
from hepdl.description import Description, Wire
from hepdl.errors import MissingColumn, did_you_mean

DescriptionT = TypeVar("DescriptionT", bound=Description)


def has_patterns(description: Description) -> bool:
    """Whether an entry of an ``Inputs`` parameter, or of one of its parts, is a pattern or drops names."""
    own = any(_is_pattern(name) for names in _inputs(description).values() for name in names)
    return own or any(has_patterns(part) for _, part in description.parts())


def resolved(description: DescriptionT, columns: Columns, step: str) -> DescriptionT:
    """A copy whose patterns are replaced by the names that match.

    Raises :class:`MissingColumn` when a pattern matches nothing or ``!name`` drops nothing; ``step`` names the step.
    """
    if not has_patterns(description):
        return description
    changes: dict[str, Any] = {
        field: matching(names, columns, f"{step}.{field}") for field, names in _inputs(description).items()
    }
    for field, value in description.parameters().items():
        if isinstance(value, Description):
            changes[field] = resolved(value, columns, step)
        elif isinstance(value, list) and any(isinstance(part, Description) for part in value):
            changes[field] = [resolved(v, columns, step) if isinstance(v, Description) else v for v in value]
    return description.replaced(**changes)


def matching(entries: Sequence[str], columns: Columns, place: str) -> list[str]:
    """The columns that ``entries`` name, none twice: names as they stand, patterns in the order of the columns.

    An entry that begins with ``!`` drops what stands before it.
    """
    names: dict[str, None] = {}
    for entry in entries:
        if entry.startswith("!"):
            dropped = [name for name in names if fnmatchcase(name, entry[1:])]
            if not dropped:
                raise MissingColumn(f"{place}: '{entry}' drops nothing{did_you_mean(entry[1:], names)}")
            for name in dropped:
                del names[name]
        elif _is_pattern(entry):
            found = [name for name in columns if fnmatchcase(name, entry)]
            if not found:
                raise MissingColumn(f"{place}: no column matches '{entry}'{did_you_mean(entry.strip('*?'), columns)}")
            names |= dict.fromkeys(found)
        else:
            names[entry] = None
    return list(names)


def _is_pattern(name: str) -> bool:
    return name.startswith("!") or any(mark in name for mark in "*?[")


def _inputs(description: Description) -> dict[str, list[str]]:
    fields = type(description).model_fields.items()
    marked = [name for name, info in fields if any(isinstance(m, Wire) and m.kind == "input" for m in info.metadata)]
    return {name: value for name in marked if isinstance(value := getattr(description, name), list)}
