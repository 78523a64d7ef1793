"""Parameters: what stands in a steering script is a description, typed, documented and without state.

A description is written once and frozen. A wrong name, type or bound fails on the line where it is written.
``Input``, ``Inputs``, ``Output`` and ``Expression`` mark the parameters that name columns, so that the whole
wiring of a chain is known before a file is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hepdl.errors import ParameterError, did_you_mean


@dataclass(frozen=True)
class Wire:
    """Marks a parameter whose value names columns."""

    kind: Literal["input", "output", "expression"]


Input = Annotated[str, Wire("input")]
"""The name of one column that is read."""
Inputs = Annotated[list[str], Wire("input")]
"""Names of columns that are read, in this order."""
Output = Annotated[str, Wire("output")]
"""The name of one column that is added."""
Expression = Annotated[str, Wire("expression")]
"""An expression over columns; it becomes a host column that is named by its own text. Empty means none."""


def parameter(default: Any = ..., *, unit: str = "", **bounds: Any) -> Any:
    """A parameter with a unit and bounds (``ge``, ``gt``, ``le``, ``lt``, ``min_length``)."""
    return Field(default, json_schema_extra={"unit": unit}, **bounds)


class Description(BaseModel):
    """Typed, documented, frozen parameters; the base of everything that stands in a steering script.

    Parameters are annotated attributes, each followed by its docstring. ``positional`` names those that may
    be given without a keyword, in order. Values are strings, numbers, booleans, lists, dictionaries and other
    descriptions, so that a chain can be written to a file and read back. A last name in ``positional`` that starts
    with ``*`` takes all remaining positional arguments as a list.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, validate_default=True,
        protected_namespaces=(),
    )  # fmt: skip
    positional: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        try:
            super().__init__(**self._by_name(values, named))
        except ValidationError as error:
            raise ParameterError(_explain(type(self), error)) from None

    @classmethod
    def _by_name(cls, values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
        if cls.positional and cls.positional[-1].startswith("*"):
            fixed = len(cls.positional) - 1
            values = (*values[:fixed], list(values[fixed:])) if len(values) > fixed else values
        names = [name.lstrip("*") for name in cls.positional]
        if len(values) > len(names):
            takes = f"takes {len(names)} ({', '.join(names) or 'none'})"
            raise ParameterError(f"{cls.__name__}: got {len(values)} positional arguments, {takes}")
        for name in names[: len(values)]:
            if name in named:
                raise ParameterError(f"{cls.__name__}.{name}: given twice, by position and by name")
        return dict(zip(names, values, strict=False)) | named

    def parameters(self) -> dict[str, Any]:
        """Parameter name → value, parts left as descriptions."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def parts(self) -> Iterator[tuple[str, Description]]:
        """The descriptions among the parameters, with their addresses (``classifier``, ``losses[0]``)."""
        for name, value in self.parameters().items():
            if isinstance(value, Description):
                yield name, value
            elif isinstance(value, list):
                yield from ((f"{name}[{i}]", v) for i, v in enumerate(value) if isinstance(v, Description))

    def wired(self, kind: str) -> list[str]:
        """Names in the parameters of this ``kind``, its own first, then those of its parts; none twice."""
        names: list[str] = []
        for field, info in type(self).model_fields.items():
            if any(isinstance(mark, Wire) and mark.kind == kind for mark in info.metadata):
                value = getattr(self, field)
                names += [value] if isinstance(value, str) else value
        for _, part in self.parts():
            names += part.wired(kind)
        return list(dict.fromkeys(name for name in names if name))

    def replaced(self, **changes: Any) -> Self:
        """A copy with some parameters changed, checked like a new one."""
        return type(self)(**(self.parameters() | changes))


def _explain(cls: type[Description], error: ValidationError) -> str:
    return "\n".join(_explain_one(cls, problem) for problem in error.errors())


def _explain_one(cls: type[Description], problem: Any) -> str:
    place = ".".join(str(key) for key in problem["loc"])
    where = f"{cls.__name__}.{place}"
    if problem["type"] == "extra_forbidden":
        return f"{where}: unknown parameter{did_you_mean(place, cls.model_fields)} (got {problem['input']!r})"
    if problem["type"] == "missing":
        return f"{where}: this parameter must be given ({_doc(cls, place)})"
    return f"{where}: {_plain(problem['msg'])} (got {problem['input']!r})"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "should be")


def _doc(cls: type[Description], field: str) -> str:
    info = cls.model_fields.get(field)
    return (info.description or "no description") if info else "no description"
