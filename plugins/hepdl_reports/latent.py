"""LatentReport: how the classes and physics variables lie in a learned space."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import PrivateAttr

from hepdl.algorithm import Report
from hepdl.columns import Columns, ColumnType
from hepdl.description import Input, Inputs
from hepdl.errors import BadValues, WiringError
from hepdl.events import Events
from hepdl.sources import PARTS
from hepdl_reports.classes import class_name, flat, part_of
from hepdl_reports.numbers import plain_numbers

MOST = 8
"""Classes that are shown."""


class LatentReport(Report):
    """The plane of a learned space, such as the embedding of a Siamese network or the code of an autoencoder: where the
    classes lie, and the mean of physics variables over it. A space of more than two dimensions is seen in its plane of
    largest variance (principal components). Events of the test part, with weights; where there are more than eight
    classes, those with most events, and it says how many events are of others or of none.
    """

    latent: Input
    """Column ``[N, dimension]``, at least two numbers."""
    target: Input = "label"
    """Column with the class."""
    against: Inputs = []
    """Physics variables, one number an event each."""
    _lines: list[str] = PrivateAttr(default_factory=list)

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """Adds nothing; raises ``WiringError`` when the space is no plane."""
        kind = columns.need_flat(self.latent, self.label)
        if len(kind.shape) != 1 or kind.width < 2:
            raise WiringError(f"{self.label}: '{self.latent}' is {kind}; at least two numbers an event are needed")
        for name in (self.target, *self.against):
            if columns.need_flat(name, self.label).width != 1:
                raise WiringError(f"{self.label}: '{name}' is {columns[name]}; one number an event is needed")
        return {}

    def summary(self) -> list[str]:
        """How many events are nearest to the centre of their own class."""
        return self._lines

    def draw(self, events: Events) -> None:
        """The picture and the numbers."""
        from hepdl_reports.latent_pictures import draw_plane
        from hepdl_reports.style import style

        test = part_of(events, PARTS.index("test"), self.label)
        plane, weight = principal_plane(test[self.latent], test["weight"]), flat(test, "weight", self.label)
        label = np.asarray(test[self.target], np.float64).reshape(len(test))
        values = _most_frequent(label[np.isfinite(label)])
        names = {
            value: class_name(test, label == value, self.job.sources, f"{self.target} {value:g}") for value in values
        }
        variables = {name: flat(test, name, self.label) for name in self.against}
        self.job.numbers(self.label, plain_numbers(self._numbers(plane, weight, label, names, variables)))
        with style():
            units = {name: self.job.columns[name].unit for name in self.against}
            self.job.picture(self.label, draw_plane(plane, weight, label, names, variables, units))

    def _numbers(
        self, plane: np.ndarray, weight: np.ndarray, label: np.ndarray, names: dict[float, str],
        variables: dict[str, np.ndarray],
    ) -> dict[str, Any]:  # fmt: skip
        for value, name in names.items():
            if not weight[label == value].sum() > 0:
                raise BadValues(
                    f"{self.label}: the weights of the {np.sum(label == value)} test events of {self.target} = "
                    f"{value:g} ({name}) do not sum to more than 0, so the class has no centre"
                )
        centres = np.array([_mean(plane[label == value], weight[label == value]) for value in names])
        nearest = np.array(list(names))[np.linalg.norm(plane[:, None] - centres, axis=2).argmin(1)]
        used = np.isin(label, list(names))
        share = float(weight[used & (nearest == label)].sum() / weight[used].sum())
        others = int((~used).sum())
        left = f" ({others} events of other classes or of none not among them)" if others else ""
        self._lines.append(
            f"{self.label}: {share:.1%} of the test events{left} lie nearest to the centre of their class"
        )
        axes = plane.T
        return {
            "part": "test",
            "events": int(used.sum()),
            "events_of_other_classes": others,
            "nearest_to_own_centre": share,
            "classes": {name: {"centre": centre} for name, centre in zip(names.values(), centres, strict=True)},
            "correlation": {n: [correlation(axis, values, weight) for axis in axes] for n, values in variables.items()},
        }


def _most_frequent(label: np.ndarray) -> list[float]:
    """The classes that are shown, ascending."""
    values, counts = np.unique(label, return_counts=True)
    shown: list[float] = np.sort(values[np.argsort(-counts, kind="stable")[:MOST]]).tolist()
    return shown


def principal_plane(places: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``[N, D]`` → ``[N, 2]``: as it is in two dimensions, else the two principal components."""
    places = places.astype(np.float64)
    if places.shape[1] == 2:
        return places
    centred = places - _mean(places, weight)
    covariance = (centred * weight[:, None]).T @ centred
    _, directions = np.linalg.eigh(covariance)
    plane: np.ndarray = centred @ directions[:, :-3:-1]
    return plane


def correlation(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """The weighted linear correlation; not a number where one does not vary."""
    x, y = x - _mean(x, weight), y - _mean(y, weight)
    norm = np.sum(weight * x * x) * np.sum(weight * y * y)
    return float(np.sum(weight * x * y) / np.sqrt(norm)) if norm > 0 else float("nan")


def _mean(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    mean: np.ndarray = np.tensordot(weight.astype(np.float64), values, 1) / weight.sum(dtype=np.float64)
    return mean
