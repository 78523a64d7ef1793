"""Checks of the form that every description keeps: documented, typed, written to a file and read back."""

from __future__ import annotations

import inspect
import json
import math
from typing import Any

from pydantic.fields import FieldInfo

from hepdl.description import Description


def documented(subject: Any) -> str:
    """The class and every parameter have a docstring."""
    kind = _kind(subject)
    if not (kind.__dict__.get("__doc__") or "").strip():
        return f"class {kind.__name__} has no docstring"
    bare = [name for name, info in kind.model_fields.items() if not (info.description or "").strip()]
    return f"parameter '{bare[0]}' has no docstring below it" if bare else ""


def typed(subject: Any) -> str:
    """Every parameter and every public method's argument and result has a type."""
    kind = _kind(subject)
    loose = [name for name, info in kind.model_fields.items() if _is_loose(info)]
    if loose:
        return f"parameter '{loose[0]}' may be anything (Any); say what it takes"
    for name, method in vars(kind).items():
        if inspect.isfunction(method) and not name.startswith("_") and _untyped(method):
            return f"method '{name}': {_untyped(method)} has no type"
    return ""


def round_trips(subject: Any) -> str:
    """Written to JSON and read back, the description is the same."""
    description = _described(subject)
    again = _read(json.loads(json.dumps(_written(description))), description)
    return "" if again == description else f"{description!r} comes back as {again!r}"


FORM = [documented, typed, round_trips]


def _kind(subject: Any) -> type[Description]:
    return subject if isinstance(subject, type) else type(_described(subject))


def _described(subject: Any) -> Description:
    found = subject if isinstance(subject, Description) else getattr(subject, "step", None) or subject.part
    assert isinstance(found, Description)
    return found


def _is_loose(info: FieldInfo) -> bool:
    return info.annotation is Any or info.annotation is object


def _untyped(method: Any) -> str:
    signature = inspect.signature(method)
    names = [n for n, p in list(signature.parameters.items())[1:] if p.annotation is inspect.Parameter.empty]
    if names:
        return f"argument '{names[0]}'"
    return "its result" if signature.return_annotation is inspect.Signature.empty else ""


def _written(value: Any) -> Any:
    if isinstance(value, Description):
        return {name: _written(item) for name, item in value.parameters().items()}
    if isinstance(value, list):
        return [_written(item) for item in value]
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    if value is not None and not isinstance(value, str | int | float | bool):
        raise TypeError(
            f"{value!r} is a {type(value).__name__}; a parameter is text, a number, a list, a dict or a part"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"a parameter is {value}, which JSON cannot hold; use None for 'no limit'")
    return value


def _read(written: Any, original: Any) -> Any:
    if isinstance(original, Description):
        parameters = original.parameters()
        return type(original)(**{name: _read(item, parameters[name]) for name, item in written.items()})
    if isinstance(original, list):
        return [_read(item, old) for item, old in zip(written, original, strict=True)]
    if isinstance(original, dict):
        return {key: _read(item, original[key]) for key, item in written.items()}
    return written
