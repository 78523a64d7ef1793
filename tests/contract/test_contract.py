"""The contract passes good algorithms and names the rule that a bad one breaks."""

from __future__ import annotations

import numpy as np
import pytest

from hepdl.columns import ColumnType
from hepdl.contract import cases, check_algorithm, check_network, make_events
from hepdl.description import Description
from hepdl.errors import ContractBroken
from hepdl.events import Jagged
from tests.contract import bugs, toys
from tests.contract.toys import PARTICLES

GOOD = [
    (toys.Double("x"), None),
    (toys.Leading("pt"), {"pt": ColumnType(jagged=True)}),
    (toys.Above("x", 0.5), None),
    (toys.Centre("x"), None),
    (toys.Line(), None),
    (toys.Shake("x"), None),
    (toys.Thin("pt"), {"pt": ColumnType(jagged=True)}),
    (bugs.MayWait(), None),
    (toys.Counted(), None),
    (toys.Linear(inputs=["x", "y"]), None),
    (toys.Pooled(inputs=["particles"]), PARTICLES),
    (toys.Deep(inputs=["particles"], answers="particle"), PARTICLES),
]


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{type(toy).__name__}-{case}") for toy, kinds in GOOD for case in cases(toy, kinds)]
)
def test_good(case) -> None:
    case()


BAD = [
    (bugs.ChangesInput("x"), "unchanged", "column 'x' differs by up to"),
    (bugs.ChangesTensor("x"), "unchanged", "column 'x' differs by up to"),
    (bugs.AddsMore("x"), "declared", "execute.. gives .*'secret'"),
    (bugs.OtherType("x"), "declared", "'twice': 'float32'.*'twice': 'float64'"),
    (bugs.ReadsMore("x"), "declared", "MissingColumn: there is no column 'mu'"),
    (bugs.Undocumented("x"), "documented", "parameter 'factor' has no docstring below it"),
    (bugs.Untyped("x"), "typed", "method 'execute': argument 'events' has no type"),
    (bugs.Loose("x"), "typed", "parameter 'anything' may be anything"),
    (bugs.BreaksWhenEmpty("x"), "empty", "ValueError: zero-size array"),
    (bugs.DependsOnBlock("x"), "one_event", "event 0 alone: column 'twice' differs"),
    (bugs.DependsOnBlock("x"), "any_block", "when the events come in two blocks"),
    (bugs.Smears("x"), "repeats", "between two runs with one seed; draw from job.generator"),
    (bugs.OpensMask("x"), "declared", "a mask of 96 booleans, not int64"),
    (bugs.KeepsOutside("x"), "saves", "all that is learned belongs into self.module"),
    (bugs.FitsUnseeded("x"), "repeats", "state 'mean' differs between two runs with one seed"),
    (bugs.CpuTensor("x"), "on_the_device", "same device.*is on the cpu"),
    (bugs.LeavesTheDevice("x"), "on_the_device", "'mean' of the module is on cpu after fit"),
    (bugs.WaitsInSteps(), "no_waiting", r"waits in a training step: .*\.py:\d+"),
    (bugs.WaitsInExecute("x"), "no_waiting", r"waits in execute\(\): .*index_put.*\.py:\d+"),
    (bugs.Still("x"), "varies", r"vary\(\) gives what execute\(\) gives"),
    (bugs.ShakesForEver("x"), "varies", "the same in two epochs"),
    (bugs.ShakesMore("x"), "varies", r"execute\(\) gives .*float32.*vary\(\) gives .*float64"),
    (bugs.ShakesByPlace("x"), "varies_alone", "between two runs with one seed"),
    (bugs.ShakesInPlace("x"), "varies_copies", "column 'x' differs by up to"),
    (bugs.WaitsToShake("x"), "varies_abroad", r"waits in vary\(\): .*\.py:\d+"),
    (bugs.FixedSize(), "empty", "RuntimeError"),
    (bugs.TooWide(inputs=["x", "y"]), "shaped", r"\[96, 3\], not floats \[96, 2\]"),
    (bugs.Unused(inputs=["x", "y"]), "differentiable", "weight 'other.weight' has no gradient"),
    (bugs.PlainAttribute(inputs=["x", "y"]), "on_the_device", "same device"),
]


@pytest.mark.parametrize(("toy", "rule", "message"), BAD, ids=lambda value: getattr(value, "label", None))
def test_bad(toy: Description, rule: str, message: str) -> None:
    case = next(case for case in cases(toy) if case.rule == rule)
    with pytest.raises(ContractBroken, match=rf"(?s)breaks the rule '{rule}': .*{message}"):
        case()


@pytest.mark.parametrize(
    ("toy", "message"),
    [
        (bugs.AnswersForEvents(inputs=["particles"]), "says per_particle = 'particles', but its answer is no list"),
        (bugs.LosesParticles(inputs=["particles"]), "the lists of its answer are not as long as those of 'particles'"),
    ],
)
def test_bad_answers_for_particles(toy: Description, message: str) -> None:
    with pytest.raises(ContractBroken, match=rf"breaks the rule 'shaped': ContractBroken: .*{message}"):
        next(case for case in cases(toy, PARTICLES) if case.rule == "shaped")()


def test_a_change_of_the_input_breaks_that_rule_alone() -> None:
    broken = []
    for case in cases(bugs.ChangesInput("x")):
        try:
            case()
        except ContractBroken:
            broken.append(case.rule)
    assert broken == ["unchanged"]


def test_check_stops_at_the_first_broken_rule() -> None:
    with pytest.raises(ContractBroken, match="breaks the rule 'documented'"):
        check_algorithm(bugs.Undocumented("x"))
    with pytest.raises(ContractBroken, match="breaks the rule 'shaped'"):
        check_network(bugs.TooWide(inputs=["x", "y"]))
    check_algorithm(toys.Double("x"), columns=["x", "y"])
    check_network(toys.Linear(inputs=["x", "y"]), outputs=1)


def test_own_events_are_used_and_cut_to_what_the_step_reads() -> None:
    events = make_events(["x", "y"], 12)
    subject = cases(toys.Double("x"), events=events)[0].subject
    assert subject.events["x"] is events["x"]
    assert "y" not in subject.events


def test_made_events() -> None:
    kinds = {
        "x": ColumnType(), "n": ColumnType("int32"), "flag": ColumnType("bool"), "label": ColumnType(),
        "group": ColumnType("float32", (2,)), "pt": ColumnType(jagged=True), "p4": ColumnType("float32", (4,), True),
    }  # fmt: skip
    events, again = make_events(kinds, 60, seed=3), make_events(kinds, 60, seed=3)
    for name, kind in kinds.items():
        column = events[name]
        values = column.values if isinstance(column, Jagged) else column
        assert str(values.dtype) == kind.dtype
        assert values.shape[1:] == kind.shape
    assert np.array_equal(events["x"], again["x"])
    assert set(events["label"]) == {0.0, 1.0}
    assert (events["pt"].lengths == 0).any()
    assert 0 < (events["weight"] < 0).sum() < 15
    assert [(events["part"] == part).sum() for part in range(3)] == [40, 10, 10]
    assert len(make_events(kinds, 0)) == 0
    assert len(make_events(kinds, 1)["pt"]) == 1
