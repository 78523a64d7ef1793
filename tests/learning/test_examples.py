"""Targets of particles: types, lengths, weights of the events on their particles, and the mean over them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hepdl_networks.mixture_density import MixtureDensity
from hepdl_training.decorrelate import Decorrelate
from hepdl_training.image_to_list import ImageToList
from hepdl_training.losses import CrossEntropy, MeanSquaredError
from hepdl_training.pivot import Pivot
from hepdl_training.siamese import Siamese

from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from hepdl.learning.examples import output_type, spread, target_type, values_of
from hepdl.learning.objective import Objective
from hepdl.learning.parts import Network
from hepdl.learning.weights import Weighting
from tests.learning.material import rows

LENGTHS = np.array([2, 0, 3, 1])
KINDS = Columns(
    tracks=ColumnType(shape=(1,), jagged=True), origin=ColumnType(jagged=True), label=ColumnType(), weight=ColumnType()
)


class Each(Network):
    """The first feature of each particle."""

    @property
    def per_particle(self) -> str:
        return self.inputs[0]

    def build(self, columns: Columns, outputs: int) -> torch.nn.Module:
        return _Each()


class _Each(torch.nn.Module):
    def forward(self, particles: Jagged) -> Jagged:
        return particles


def events(**changes: object) -> Events:
    values = np.arange(6, dtype=np.float32)
    table = {
        "tracks": Jagged.from_lengths(values[:, None], LENGTHS),
        "origin": Jagged.from_lengths(values - np.array([1, 0, 2, 0, 0, 3], np.float32), LENGTHS),
        "label": np.zeros(4, np.float32),
        "weight": np.array([1, 5, 2, 0.5], np.float32),
    }
    return Events(table | changes)


def objective() -> Objective:
    weighting = Weighting("weight", target="origin")
    return Objective(Each(inputs=["tracks"]), MeanSquaredError(), "origin", weighting)


def test_each_particle_has_the_weight_of_its_event() -> None:
    block = events().to("cpu")
    assert spread(block["weight"], block["origin"]).tolist() == [1, 1, 2, 2, 2, 0.5]
    assert spread(block["weight"], block["label"]).tolist() == [1, 5, 2, 0.5]
    assert values_of(block["tracks"]).shape == (6,)


def test_the_loss_is_the_weighted_mean_over_particles() -> None:
    part = rows(events(), columns=KINDS)
    goal = objective().fit(part, part, Job(step="Fit"))
    batch = part.everything(goal.names)
    expected = (1 + 0 + 2 * 4 + 0 + 0 + 0.5 * 9) / (1 + 1 + 2 + 2 + 2 + 0.5)
    assert float(goal.mean(goal.predict(_Each(), batch), batch)) == pytest.approx(expected)
    assert float(goal.over(_Each(), part, 2)) == pytest.approx(expected)
    assert goal.column(_Each(), batch).offsets.tolist() == [0, 2, 2, 5, 6]


def test_the_mean_over_batches_is_that_over_all() -> None:
    part = rows(events(), columns=KINDS)
    goal = objective().fit(part, part, Job(step="Fit"))
    means = [float(goal.mean(goal.predict(_Each(), batch), batch)) for batch in part.batches(goal.names, 2)]
    assert np.mean(means) == pytest.approx(float(goal.over(_Each(), part, 4)))


def test_particles_without_a_label_do_not_count() -> None:
    origin = events()["origin"].values.copy()
    origin[[0, 2, 5]] = np.nan
    part = rows(events(origin=Jagged.from_lengths(origin, LENGTHS)), columns=KINDS)
    goal = objective().fit(part, part, Job(step="Fit"))
    batch = part.everything(goal.names)
    assert float(goal.mean(goal.predict(_Each(), batch), batch)) == 0
    assert goal.weighting(batch).tolist() == pytest.approx([0, 4 / 5, 0, 8 / 5, 8 / 5, 0])


def test_a_batch_without_particles_has_no_loss() -> None:
    part = rows(events(), columns=KINDS)
    goal = objective().fit(part, part, Job(step="Fit"))
    batch = events().rows(1, 2).to("cpu")
    assert float(goal.mean(goal.predict(_Each(), batch), batch)) == 0


def test_types() -> None:
    network, flat = Each(inputs=["tracks"]), type("Flat", (Network,), {"__doc__": "x"})(inputs=["label"])
    assert target_type(network, KINDS, "tracks", "Fit") == ColumnType()
    assert output_type(network, CrossEntropy(classes=3), KINDS, "origin", "Fit") == ColumnType(shape=(3,), jagged=True)
    assert output_type(flat, CrossEntropy(), KINDS, "label", "Fit") == ColumnType()
    with pytest.raises(WiringError, match=r"Each answers for each particle of 'tracks'.*but 'label' is float32"):
        target_type(network, KINDS, "label", "Fit")
    with pytest.raises(WiringError, match=r"target 'origin' is jagged .*but Flat answers for each event"):
        target_type(flat, KINDS, "origin", "Fit")


def test_lengths_must_agree() -> None:
    short = Jagged.from_lengths(np.zeros(5, np.float32), np.array([2, 0, 2, 1]))
    part = rows(events(origin=short), columns=KINDS)
    with pytest.raises(BadValues, match=r"'origin' and 'tracks' have different lengths in 1 of 4 events \(2 and 3 par"):
        objective().fit(part, part, Job(step="Fit"))


def test_classes_in_balance_count_particles() -> None:
    origin = np.array([0, 1, 1, 1, 1, 0], np.float32)
    part = rows(events(origin=Jagged.from_lengths(origin, LENGTHS)), columns=KINDS)
    weighting = Weighting("weight", target="origin", classes=2).fit(part, Job(step="Fit"))
    weight = weighting(part.everything(["weight", "origin"]))
    assert float(weight[origin == 0].sum()) == pytest.approx(2) and float(weight[origin == 1].sum()) == pytest.approx(2)


@pytest.mark.parametrize(
    "scheme",
    [
        Siamese(network=Each(inputs=["tracks"])),
        Decorrelate(network=Each(inputs=["tracks"]), nuisance=["label"]),
        ImageToList(network=Each(inputs=["tracks"]), target="tracks"),
        Pivot(classifier=Each(inputs=["tracks"]), adversary=MixtureDensity(inputs=["score"]), nuisance="label"),
    ],
    ids=lambda scheme: scheme.label,
)
def test_schemes_that_need_one_answer_an_event(scheme: Learner) -> None:
    message = f"{scheme.label}: Each answers for each particle of 'tracks', but one answer an event is needed"
    with pytest.raises(WiringError, match=message):
        scheme.declare(KINDS)
