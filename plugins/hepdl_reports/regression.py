"""RegressionReport: how near a predicted number comes to the truth."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import PrivateAttr

from hepdl.algorithm import Report
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, Inputs, parameter
from hepdl.errors import BadValues, NothingLeft, WiringError
from hepdl.events import Events
from hepdl.sources import PARTS
from hepdl_reports.classes import flat, need_scores, part_of
from hepdl_reports.numbers import plain_numbers
from hepdl_reports.response import Profile, Spread, coverage, profile_of, spread_of
from hepdl_reports.style import axis_title
from hepdl_reports.table import number


class RegressionReport(Report):
    """Response, bias and resolution of a regression in the test part, against the truth and other variables, and pulls
    where it gives widths; everything weighted.

    The response is prediction / truth, or prediction − truth. Bias is its median (minus 1), resolution half the width
    of its central 68.3 % (divided by the median). Errors are those of quantiles of n_eff events.
    """

    prediction: Input
    """What is predicted: one number an event, mean and width (from ``GaussianLikelihood``), or lower quantile, median
    and upper quantile (from ``Quantiles([0.16, 0.5, 0.84])``)."""
    target: Input
    """The truth; events where it is NaN do not count."""
    compare: Inputs = []
    """More columns that estimate the same, one number each: what is measured without the network, for example."""
    against: Inputs = []
    """Variables, besides the target, against which bias and resolution are drawn."""
    response: Literal["ratio", "difference"] = "ratio"
    """prediction / truth, or prediction − truth where the truth may be 0."""
    bins: int = parameter(10, ge=1)
    """Bins of each variable, of about equal sums of weights."""
    unit: str = ""
    """Unit of prediction and target, for the axes; that of the target's column when empty."""
    _lines: list[str] = PrivateAttr(default_factory=list)
    _unknown: int = PrivateAttr(0)

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; raises unless each column has the numbers that are needed."""
        need_scores(columns, [self.target, *self.compare, *self.against], self.label)
        kind = columns.need_flat(self.prediction, self.label)
        if kind.width not in (1, 2, 3) or len(kind.shape) > 1:
            raise WiringError(
                f"{self.label}: prediction '{self.prediction}' is {kind}; it must be one number, mean and width, or "
                "three quantiles"
            )
        return {}

    def summary(self) -> list[str]:
        """Bias and resolution of each estimate."""
        return self._lines

    def draw(self, events: Events) -> None:
        """Pictures and numbers."""
        test = self._known(part_of(events, PARTS.index("test"), self.label))
        truth, weight = flat(test, self.target, self.label), flat(test, "weight", self.label)
        estimates = {self.prediction: self._predicted(test)[:, 0]}
        estimates |= {name: flat(test, name, self.label) for name in self.compare}
        responses = {name: self._response(values, truth) for name, values in estimates.items()}
        spreads = {name: spread_of(values, weight) for name, values in responses.items()}
        profiles = {
            name: {one: profile_of(flat(test, name, self.label), values, weight, self.bins)
                   for one, values in responses.items()}
            for name in dict.fromkeys([self.target, *self.against])
        }  # fmt: skip
        pull = self._pull(test, truth)
        self._tell(spreads)
        self.job.numbers(self.label, plain_numbers(self._numbers(estimates, truth, weight, spreads, profiles, pull)))
        self._draw(estimates, truth, weight, (responses, spreads, profiles, pull))

    def _known(self, test: Events) -> Events:
        """The events with a truth; says how many have none."""
        known = ~np.isnan(np.asarray(test[self.target], np.float64).reshape(len(test)))
        self._unknown = int(len(test) - known.sum())
        if not known.any():
            raise NothingLeft(f"{self.label}: target '{self.target}' is NaN in all {len(test)} events of the test part")
        if self._unknown:
            self._lines.append(f"{self.label}: '{self.target}' is NaN in {self._unknown} of {len(test)} test events")
        return test.where(known)

    def _predicted(self, events: Events) -> np.ndarray:
        """``[N, 1]``, or ``[N, 2]`` with a width: estimate and width."""
        values = np.asarray(events[self.prediction], np.float64).reshape(len(events), -1)
        bad = int((~np.isfinite(values)).any(1).sum())
        if bad:
            raise BadValues(
                f"{self.label}: column '{self.prediction}' is NaN or infinite in {bad} of {len(events)} events"
            )
        if values.shape[1] == 3:
            return np.stack([values[:, 1], (values[:, 2] - values[:, 0]) / 2], 1)
        return values

    def _response(self, values: np.ndarray, truth: np.ndarray) -> np.ndarray:
        if self.response == "difference":
            return values - truth
        zeros = np.count_nonzero(truth == 0)
        if zeros:
            raise BadValues(
                f"{self.label}: target '{self.target}' is 0 in {zeros} of {len(truth)} events, so there is no ratio; "
                "set response='difference'"
            )
        return values / truth

    def _pull(self, events: Events, truth: np.ndarray) -> np.ndarray | None:
        """(truth − prediction) / width; None without widths."""
        values = self._predicted(events)
        return (truth - values[:, 0]) / np.maximum(values[:, 1], 1e-30) if values.shape[1] == 2 else None

    def _tell(self, spreads: dict[str, Spread]) -> None:
        for name, one in spreads.items():
            bias = one.median - (1 if self.response == "ratio" else 0)
            width = one.relative() if self.response == "ratio" else (one.width, one.width_error)
            unit = f" {self._unit}" if self.response == "difference" and self._unit else ""
            self._lines.append(
                f"{self.label}: '{name}' bias {number(bias, one.median_error)}{unit}, resolution {number(*width)}{unit}"
            )

    def _numbers(
        self, estimates: dict[str, np.ndarray], truth: np.ndarray, weight: np.ndarray, spreads: dict[str, Spread],
        profiles: dict[str, dict[str, Profile]], pull: np.ndarray | None,
    ) -> dict[str, Any]:  # fmt: skip
        total = float(weight.sum())
        values = {
            name: one.numbers() | {
                "resolution": one.relative()[0] if self.response == "ratio" else one.width,
                "mean_difference": float(np.dot(estimates[name] - truth, weight)) / total,
                "root_mean_square": float(np.sqrt(max(0, np.dot((estimates[name] - truth) ** 2, weight) / total))),
            }
            for name, one in spreads.items()
        }  # fmt: skip
        binned = {
            variable: {name: {"edges": one.edges, "spreads": [each.numbers() for each in one.spreads]}
                       for name, one in each.items()}
            for variable, each in profiles.items()
        }  # fmt: skip
        pulls = {} if pull is None else {"pull": coverage(pull, weight)}
        counts = {"part": "test", "events": len(truth), "without_target": self._unknown}
        return counts | {"response": self.response, "unit": self._unit, "estimates": values, "against": binned} | pulls

    @property
    def _unit(self) -> str:
        return self.unit or self.job.columns.get(self.target, ColumnType()).unit

    def _draw(self, estimates: dict[str, np.ndarray], truth: np.ndarray, weight: np.ndarray, found: Any) -> None:
        from hepdl_reports import regression_pictures as pictures
        from hepdl_reports.curves import picture_losses
        from hepdl_reports.style import style

        responses, spreads, profiles, pull = found
        ratio = self.response == "ratio"
        with style():
            picture = pictures.draw_response(responses, spreads, weight, ratio, self._unit)
            self.job.picture(f"{self.label}_response", picture)
            titles = axis_title(self.target, self._unit), axis_title(self.prediction, self._unit)
            self.job.picture(f"{self.label}_map", pictures.draw_map(truth, estimates[self.prediction], weight, titles))
            for name, each in profiles.items():
                unit = self._unit if name == self.target else self.job.columns.get(name, ColumnType()).unit
                picture = pictures.draw_profiles(each, axis_title(name, unit), ratio, self._unit)
                self.job.picture(f"{self.label}_against_{name}", picture)
            if pull is not None:
                self.job.picture(f"{self.label}_pull", pictures.draw_pull(pull, weight))
            picture_losses(self.job, self.label)
