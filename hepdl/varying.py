"""Varying: which columns are varied in training, so that none loses that on its way to a step that learns."""

from __future__ import annotations

from collections.abc import Iterable

from hepdl.algorithm import Augmentation, DeviceAlgorithm, Learner, Step
from hepdl.errors import WiringError


class Varying:
    """Follows the columns of a chain from step to step."""

    def __init__(self) -> None:
        self._varied = set[str]()
        self._lost: dict[str, str] = {}

    def see(self, step: Step, read: Iterable[str], made: Iterable[str]) -> None:
        """The next step, what it reads and makes.

        Raises:
            WiringError: it learns from a column that a step on the host made of a varied one: there is none to vary.
        """
        read, made = set(read), set(made)
        varied = sorted(read & self._varied)
        lost = [self._lost[name] for name in sorted(read & set(self._lost))]
        if isinstance(step, Learner) and lost:
            advice = "learn from it before that, or make it before the augmentation"
            raise WiringError(f"{step.label} would train on {lost[0]}; {advice}")
        if isinstance(step, Augmentation) or (isinstance(step, DeviceAlgorithm) and varied):
            self._varied |= made
        elif varied or lost:
            self._lost |= {name: lost[0] if lost else _story(name, step, varied[0]) for name in made}

    def forget(self, columns: Iterable[str], step: Step) -> None:
        """A step behind which rows are others, so that nothing can be varied any more."""
        ends = f"whose variation ends where {step.label} changes the rows"
        lost = {name: f"'{name}', {ends}" for name in self._varied & set(columns)}
        self._varied, self._lost = set(), self._lost | lost


def _story(name: str, step: Step, varied: str) -> str:
    return f"'{name}', which {step.label} makes on the host, once, so that it lacks the variation of '{varied}'"
