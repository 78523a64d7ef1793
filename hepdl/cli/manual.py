"""The manual page of an algorithm or part, made from its class: what ``describe`` and the reference print."""

from __future__ import annotations

import inspect
import types
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from hepdl.algorithm import (
    Algorithm,
    Augmentation,
    Consumer,
    Contraction,
    DeviceAlgorithm,
    Expansion,
    Learner,
    Reader,
    Report,
    Selection,
    Step,
    Writer,
)  # fmt: skip
from hepdl.description import Description, Wire

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from hepdl.plugins import Entry

ROLES: list[tuple[type[Description], str]] = [
    (Reader, "reader: the first step of a chain, produces events"),
    (Selection, "selection: rejects events, on the host"),
    (Expansion, "expansion: makes each object of an event a row of its own, on the host"),
    (Contraction, "contraction: makes events of objects again, on the host"),
    (Algorithm, "algorithm: adds columns, on the host"),
    (Augmentation, "augmentation: varies columns in training, on the device"),
    (Learner, "learner: learns from the training part, then adds columns, on the device"),
    (DeviceAlgorithm, "algorithm: adds columns, on the device"),
    (Writer, "writer: writes columns back, aligned with the input"),
    (Report, "report: draws pictures and numbers from all selected events"),
    (Consumer, "consumer: takes the events at the end"),
    (Step, "step"),
]
BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥", "max_length": "length ≤"}


def manual(entry: Entry, cls: type[Description]) -> str:
    """A page in Markdown: what it does, how it is called, every parameter, what it reads and adds."""
    origin = f"{entry.distribution} {entry.version}".strip()
    parts = [f"## {entry.name}", inspect.getdoc(cls) or entry.text, f"*{role(cls)}; from {origin}*"]
    parts += [f"```python\n{call(cls)}\n```", parameter_table(cls)]
    return "\n\n".join(parts) + "\n"


def role(cls: type[Description]) -> str:
    """What part it plays in a chain."""
    for base, text in ROLES:
        if issubclass(cls, base):
            return text
    parents = [base.__name__ for base in cls.__mro__[1:] if issubclass(base, Description) and base is not Description]
    return f"part: {parents[-1].lower()}" if parents else "part"


def call(cls: type[Description]) -> str:
    """How it is written in a script: what may be positional, what must be given."""
    positional = [name.lstrip("*") for name in cls.positional]
    needed = [
        f"{name}=..." for name, field in cls.model_fields.items() if field.is_required() and name not in positional
    ]
    return f"{cls.__name__}({', '.join([*cls.positional, *needed])})"


def parameter_table(cls: type[Description]) -> str:
    """One row a parameter: name, type, unit, default, bounds, meaning; its own ones before those of its bases."""
    rows = [_row(name, field) for name, field in _ordered(cls)]
    head = "| parameter | type | unit | default | bounds | meaning |\n|---|---|---|---|---|---|"
    return "\n".join([head, *rows])


def _ordered(cls: type[Description]) -> list[tuple[str, FieldInfo]]:
    """The parameters in order, but the instance name, which every step has, last."""
    return sorted(cls.model_fields.items(), key=lambda item: issubclass(cls, Step) and item[0] == "name")


def _row(name: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else _code(repr(field.get_default(call_default_factory=True)))
    unit = field.json_schema_extra.get("unit", "") if isinstance(field.json_schema_extra, dict) else ""
    meaning = " ".join((field.description or "").split())
    cells = [_code(name), _type(field), str(unit), default, _bounds(field), meaning]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _type(field: FieldInfo) -> str:
    wires = [mark.kind for mark in field.metadata if isinstance(mark, Wire)]
    text = type_text(field.annotation)
    if not wires:
        return text
    return wires[0] if wires[0] == "expression" else f"{wires[0]} column{'s' if 'list' in text else ''}"


def type_text(annotation: Any) -> str:
    """A type in words of the script: ``list of int``, ``'relu' or 'tanh'``."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(repr(value) for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(type_text(one) for one in inner)
    if origin is list:
        return f"list of {type_text(inner[0])}"
    if origin is dict:
        return f"dict of {type_text(inner[0])} to {type_text(inner[1])}"
    if inner and hasattr(annotation, "__metadata__"):
        return type_text(inner[0])
    return "None" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))


def _bounds(field: FieldInfo) -> str:
    found = [f"{sign} {value}" for mark in field.metadata for key, sign in BOUNDS.items()
             if (value := getattr(mark, key, None)) is not None]  # fmt: skip
    return ", ".join(found)


def _code(text: str) -> str:
    return f"`{text}`"
