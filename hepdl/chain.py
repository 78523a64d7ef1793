"""Chain: order and names. What stands in a steering script; it describes and checks, it runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from hepdl.algorithm import Algorithm, Contraction, Expansion, Reader, Selection, Step
from hepdl.columns import Columns, ColumnType
from hepdl.description import Description
from hepdl.errors import ColumnClash, ParameterError, WiringError, did_you_mean
from hepdl.expressions import parse
from hepdl.order import check_order
from hepdl.patterns import has_patterns, resolved
from hepdl.varying import Varying

ENGINE_COLUMNS = Columns(
    source=ColumnType("int32"), entry=ColumnType("int64"), sample=ColumnType("int32"), part=ColumnType("int8"),
    weight=ColumnType("float32"),
)  # fmt: skip
"""Columns that every event has, whatever the files hold; ``label`` joins them when a sample has one."""

OBJECT_COLUMNS = Columns(object=ColumnType("int32"), objects=ColumnType("int32"))
"""Columns that every event has behind an expansion: its place among the objects of its entry, and their number."""


PartT = TypeVar("PartT", bound=Description)


class Chain:
    """A reader and the steps behind it, in the order in which they run.

    A step sees only what came before it. Names of steps are unique; a step that stands twice needs a ``name``.
    """

    def __init__(self, *steps: Step) -> None:
        for place, step in enumerate(steps):
            if not isinstance(step, Step):
                raise WiringError(f"a chain is a list of steps, but number {place + 1} is {step!r}")
        if not steps or not isinstance(steps[0], Reader):
            first = steps[0].label if steps else "nothing"
            raise WiringError(f"a chain begins with a reader, but this one begins with {first}")
        readers = [step.label for step in steps[1:] if isinstance(step, Reader)]
        if readers:
            raise WiringError(f"a chain has one reader, but {readers[0]} stands behind {steps[0].label}")
        self.steps = list(steps)
        self.of_event = set[str]()
        """Behind an expansion the columns that are the same for all objects of an event; known once it is wired."""
        check_order(self.steps)

    @property
    def reader(self) -> Reader:
        """The first step."""
        reader = self.steps[0]
        assert isinstance(reader, Reader)
        return reader

    @property
    def expansion(self) -> Expansion | None:
        """The step that makes objects of events, if there is one."""
        return expansion_among(self.steps)

    def __repr__(self) -> str:
        return f"Chain({', '.join(step.label for step in self.steps)})"

    def check(self, head: bool = True) -> list[tuple[str, Columns]]:
        """Every name, type and parameter, from the heads of the files alone: label of a step, columns after it.

        Opens one file a sample when ``head``, else all of them. Raises the first error that it meets.
        """
        offers = self.reader.offers(head)
        chain = self.resolved(offers)
        wiring = chain.wire(offers)
        self.reader.check(chain.branches(offers), head)
        return wiring

    def wire(self, offers: Columns) -> list[tuple[str, Columns]]:
        """Walk through the steps with the columns that the reader offers: label of a step, columns after it."""
        return [(step.label, columns) for step, columns in self._walk(offers)]

    def resolved(self, offers: Columns | None = None) -> Chain:
        """This chain with the patterns among the inputs of its steps replaced by names; itself when there are none.

        A pattern meets the columns of the files and of the steps before it, not those that every event has. Without
        ``offers`` one file a sample is opened.
        """
        if not any(has_patterns(step) for step in self.steps[1:]):
            return self
        offers = self.reader.offers(head=True) if offers is None else offers
        return Chain(*[step for step, _ in self._walk(offers)])

    def _walk(self, offers: Columns) -> Iterator[tuple[Step, Columns]]:
        """The steps, their patterns resolved, and the columns after each."""
        columns, texts, varying = offers.plus(ENGINE_COLUMNS), set[str](), Varying()
        if any(sample.label is not None for sample in self.reader.samples):
            columns = columns.plus({"label": ColumnType("float32")})
        common = set(columns) - set(offers) | set(ENGINE_COLUMNS) | {"label"}
        yield self.reader, columns
        for written in self.steps[1:]:
            step = resolved(written, Columns({n: k for n, k in columns.items() if n not in common}), written.label)
            expressions = expression_types(step, columns)
            columns, common = columns.plus(expressions), common | set(expressions)
            texts |= set(step.wired("expression"))
            added = step.declare(columns)
            if isinstance(step, Contraction):
                varying.forget(columns, step)
                objects = set(OBJECT_COLUMNS) | texts
                columns, texts = step.after(_without(columns, objects), self.of_event), set[str]()
                yield step, columns
                continue
            if isinstance(step, Expansion):
                self.of_event = set(columns) - set(added)
                _refuse_clash(step, OBJECT_COLUMNS, columns)
                _refuse_stale(step, added, texts)
                _refuse_made(step, offers)
                added, common = {**added, **OBJECT_COLUMNS}, common | set(OBJECT_COLUMNS)
            elif getattr(step, "replace", False):
                self.of_event -= set(added)
                _refuse_stale(step, added, texts)
            else:
                _refuse_clash(step, added, columns)
            varying.see(step, host_names(step) if is_host(step) else step.reads(), added)
            columns = columns.plus(added)
            yield step, columns

    def branches(self, offers: Columns) -> list[str]:
        """The columns that must come from the files, given what they offer, in the files' order."""
        reader = self.reader
        wanted = {name for text in reader_expressions(reader) for name in parse(text, reader.label).names}
        wanted |= set(reader.entry_identity)
        made = {*ENGINE_COLUMNS, "label", *(OBJECT_COLUMNS if self.expansion else ())}
        for step in self.steps[1:]:
            wanted |= {name for name in host_names(step) - made if name in offers}
            made |= set(step.wired("output")) | set(step.wired("expression"))
        for name in sorted(wanted - set(offers)):
            offers.need(name, reader.label)
        return [name for name in offers if name in wanted]

    def with_parameter(self, address: str, value: Any) -> Chain:
        """A chain with one parameter changed, by its address ``Step[.part].parameter``."""
        label, _, rest = address.partition(".")
        steps = [step for step in self.steps if step.label == label]
        steps = steps or [step for step in self.steps if type(step).__name__ == label]
        if len(steps) != 1 or not rest:
            known = [f"{step.label}.{name}" for step in self.steps for name in type(step).model_fields]
            if len(steps) > 1:
                raise ParameterError(f"'{address}' is ambiguous: {', '.join(step.label for step in steps)}")
            raise ParameterError(f"'{address}': no such parameter{did_you_mean(address, known)}")
        changed = _changed(steps[0], rest, value, address)
        return Chain(*[changed if step is steps[0] else step for step in self.steps])

    def to_json(self) -> list[dict[str, Any]]:
        """The resolved chain as plain lists, dictionaries, texts and numbers."""
        return [to_json(step) for step in self.steps]

    @classmethod
    def from_json(cls, steps: list[dict[str, Any]]) -> Chain:
        """The chain that :meth:`to_json` wrote; classes are looked up by name among the installed plugins."""
        return cls(*[_from_json(step) for step in steps])


def expression_types(step: Step, columns: Columns) -> dict[str, ColumnType]:
    """Types of the columns that the expressions among a step's parameters become."""
    texts = [text for text in step.wired("expression") if text not in columns]
    return {text: parse(text, step.label).result_type(columns) for text in texts}


def reader_expressions(reader: Reader) -> list[str]:
    """Every expression over branches that the reader's samples and its split hold."""
    texts = [value for sample in reader.samples for value in (sample.label, sample.weight) if isinstance(value, str)]
    return list(dict.fromkeys([*texts, *reader.split.expressions()]))


def host_names(step: Step) -> set[str]:
    """Columns that a step reads, those inside its expressions included."""
    inside = {name for text in step.wired("expression") for name in parse(text, step.label).names}
    return set(step.reads()) | inside


def is_host(step: Step) -> bool:
    """Whether a step works on host columns, before the device."""
    return isinstance(step, Algorithm | Selection | Expansion)


def expansion_among(steps: Sequence[Step]) -> Expansion | None:
    """The step that makes objects of events, if there is one."""
    return next((step for step in steps if isinstance(step, Expansion)), None)


def _without(columns: Columns, names: set[str]) -> Columns:
    return Columns({name: kind for name, kind in columns.items() if name not in names})


def _refuse_clash(step: Step, added: dict[str, ColumnType], columns: Columns) -> None:
    for name in added:
        if name in columns:
            raise ColumnClash(
                f"{step.label} would add column '{name}', which exists already; choose another name"
                + (" or say replace=True" if "replace" in type(step).model_fields else "")
            )


def _refuse_made(step: Expansion, offers: Columns) -> None:
    for name in step.reads():
        if name not in offers:
            raise WiringError(
                f"{step.label} counts the objects with column '{name}', which a step makes; it must be a branch, since "
                "the objects of rejected entries are counted too"
            )


def _refuse_stale(step: Step, added: dict[str, ColumnType], texts: set[str]) -> None:
    for text in texts:
        stale = set(parse(text, step.label).names) & set(added)
        if stale:
            raise ColumnClash(
                f"{step.label} would replace column '{stale.pop()}', which the expression '{text}' of an earlier step "
                "has read already; give the new column another name"
            )


def _changed(part: PartT, address: str, value: Any, whole: str) -> PartT:
    field, _, rest = address.partition(".")
    if field not in type(part).model_fields:
        raise ParameterError(
            f"'{whole}': {type(part).__name__} has no parameter '{field}'{did_you_mean(field, type(part).model_fields)}"
        )
    if not rest:
        return part.replaced(**{field: value})
    inner = getattr(part, field)
    if not isinstance(inner, Description):
        raise ParameterError(f"'{whole}': {type(part).__name__}.{field} is {inner!r}, which has no parameters")
    return part.replaced(**{field: _changed(inner, rest, value, whole)})


def to_json(value: Any) -> Any:
    """A description, or a list of them, as plain lists, dictionaries, texts and numbers."""
    if isinstance(value, Description):
        parameters = {name: to_json(item) for name, item in value.parameters().items()}
        return {"type": type(value).__name__, "parameters": parameters}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) != {"type", "parameters"}:
        return {key: _from_json(item) for key, item in value.items()}
    parameters = {name: _from_json(item) for name, item in value["parameters"].items()}
    return _class_of(value["type"])(**parameters)


def _class_of(name: str) -> type[Description]:
    from hepdl import plugins
    from hepdl.data.split import Split
    from hepdl.sources import Sample

    own: dict[str, type[Description]] = {"Sample": Sample, "Split": Split}
    return own[name] if name in own else plugins.load(name)
