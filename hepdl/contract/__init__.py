"""The contract test that every algorithm passes, ours and a stranger's.

With pytest, one test a rule:

    @pytest.mark.parametrize("case", cases(Standardize(["x", "y"], output="features")), ids=str)
    def test_contract(case):
        case()

or all at once: ``check_algorithm(Standardize(["x", "y"], output="features"))``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hepdl.algorithm import Algorithm, Augmentation, DeviceAlgorithm, Expansion, Selection, Step
from hepdl.columns import ColumnType
from hepdl.contract.form import FORM
from hepdl.contract.inputs import EVENTS, AnyColumns, columns_of, events_of, make_events
from hepdl.contract.life import Subject
from hepdl.contract.minimisation import LOSS, OPTIMIZER, SCHEDULE
from hepdl.contract.parts import TRAINABLE, PartSubject, arguments_of
from hepdl.contract.steps import DEVICE, EXPANSION, HOST
from hepdl.contract.variation import VARIATION
from hepdl.description import Description
from hepdl.errors import ContractBroken
from hepdl.events import Events
from hepdl.learning.parts import Density, Loss, Network, Optimizer, Schedule

with suppress(ContractBroken):  # said again, with its reason, by whoever asks for the device
    # torch's autograd threads meet a new device only if it is there before their first backward pass
    import hepdl.contract.shadow  # noqa: F401

__all__ = ["Case", "cases", "check_algorithm", "check_network", "make_events"]


@dataclass(frozen=True)
class Case:
    """One rule of the contract, to be called."""

    check: Callable[[Any], str]
    subject: Any

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return self.check.__name__

    def __str__(self) -> str:
        return self.rule

    def __call__(self) -> None:
        """Raise ContractBroken, which says what is wrong, unless the rule is kept."""
        try:
            problem = self.check(self.subject)
        except Exception as error:
            raise ContractBroken(self._message(f"{type(error).__name__}: {error}")) from error
        if problem:
            raise ContractBroken(self._message(problem))

    def _message(self, problem: str) -> str:
        rule = (self.check.__doc__ or "").splitlines()[0]
        return f"{self.subject.label} breaks the rule '{self.rule}': {problem}\n  the rule: {rule}"


def cases(
    description: Description, columns: AnyColumns | None = None, events: Events | None = None, *,
    outputs: int = 2, device: str = "shadow", seed: int = 1, rtol: float = 1e-4, atol: float = 1e-5,
) -> list[Case]:  # fmt: skip
    """The rules that a step or part must keep, one case each.

    ``columns`` are the types of the columns before it (or their names, for plain float32); without, whatever it
    reads is taken as float32. ``events`` replace the generated ones. ``outputs`` is what a network is asked for.
    ``device`` is where it must agree with the CPU within ``rtol`` and ``atol``: ``"shadow"``, or ``"cuda"``.
    """
    how: dict[str, Any] = {"device": device, "seed": seed, "rtol": rtol, "atol": atol}
    if isinstance(description, Step):
        subject: Any = _step(description, columns, events, how)
        checks = [*FORM, *_checks_of_step(description)]
    else:
        subject = _part(description, columns, events, {"outputs": outputs} | how)
        checks = [*FORM, *_checks_of_part(description)]
    return [Case(check, subject) for check in checks]


def check_algorithm(step: Step, columns: AnyColumns | None = None, events: Events | None = None, **how: Any) -> None:
    """Raise ContractBroken for the first rule that a step does not keep; arguments as for :func:`cases`."""
    for case in cases(step, columns, events, **how):
        case()


def check_network(
    part: Description, columns: AnyColumns | None = None, events: Events | None = None, **how: Any
) -> None:
    """As :func:`check_algorithm` for a network, density, loss, optimiser or schedule.

    What a density or a loss compares with is the column ``target``.
    """
    for case in cases(part, columns, events, **how):
        case()


def _checks_of_step(step: Step) -> list[Callable[[Any], str]]:
    if isinstance(step, DeviceAlgorithm):
        return [*DEVICE, *(VARIATION if isinstance(step, Augmentation) else ())]
    if isinstance(step, Expansion):
        return list(EXPANSION)
    return list(HOST) if isinstance(step, Algorithm | Selection) else []


def _checks_of_part(part: Description) -> list[Callable[[Any], str]]:
    checks = {Network: TRAINABLE, Density: TRAINABLE, Loss: LOSS, Optimizer: OPTIMIZER, Schedule: SCHEDULE}
    return [check for kind, those in checks.items() if isinstance(part, kind) for check in those]


def _step(step: Step, columns: AnyColumns | None, events: Events | None, how: dict[str, Any]) -> Subject:
    known = columns_of(step, columns, step.reads())
    if events is None:
        events = events_of(known, EVENTS, how["seed"])
    always = [*make_events([], 0), *(["label"] if "label" in events else [])]
    seen = [name for name in events if name in {*step.reads(), *step.wired("expression"), *always}]
    return Subject(step, known, events.only(seen), **how)


def _part(part: Description, columns: AnyColumns | None, events: Events | None, how: dict[str, Any]) -> PartSubject:
    names = [*(arguments_of(part) if isinstance(part, Network | Density) else []), "target"]
    known = columns_of(part, columns, names)
    if isinstance(part, Density | Loss) and "target" not in known:
        known = known.plus({"target": ColumnType()})
    return PartSubject(part, known, events_of(known, EVENTS, how["seed"]) if events is None else events, **how)
