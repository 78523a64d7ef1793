"""Decorrelate: penalties against slow obvious twins, and scores that do not know the nuisance."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from hepdl_networks.dense import Dense
from hepdl_networks.mixture_density import MixtureDensity
from hepdl_training.critic import low_high_distance
from hepdl_training.decorrelate import Decorrelate
from hepdl_training.distance_correlation import DisCo, _PowerSums, distance_correlation
from hepdl_training.losses import CrossEntropy
from hepdl_training.moment_decomposition import MoDe
from hepdl_training.penalties import DistanceCorrelation, GradientReversal, MomentDecomposition
from hepdl_training.reversal import reversed_gradient
from hepdl_training.supervised import Supervised

from hepdl.columns import ColumnType
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events
from tests.learning.material import COLUMNS, ready, rows, toy

TABLE = toy(8000)
TRAIN, CHECK = np.arange(6000), np.arange(6000, 8000)


def step(**parameters: Any) -> Decorrelate:
    common: dict[str, Any] = {"nuisance": ["z"], "only": "label == 1", "epochs": 20, "batch_size": 500}
    return Decorrelate(network=Dense(inputs=["x"], layers=[16, 16]), **common | parameters)


def fitted(made: Any, table: Events = TABLE) -> dict[str, torch.Tensor]:
    made = ready(made)
    made.fit(rows(table, TRAIN), rows(table, CHECK))
    made.module.eval()
    with torch.no_grad():
        return made.execute(table.to("cpu"))


def random(n: int, seed: int = 1) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, generator=generator, dtype=torch.float64)
    y = x.abs() + 0.3 * torch.randn(n, generator=generator, dtype=torch.float64)
    return [x, y, torch.rand(n, generator=generator, dtype=torch.float64) + 0.2]


def mean_over_distinct(weight: np.ndarray, indices: int, value: Any) -> float:
    """The obvious twin: all ordered choices of distinct events."""
    places = list(permutations(range(len(weight)), indices))
    weights = [np.prod(weight[list(place)]) for place in places]
    return float(np.average([value(*place) for place in places], weights=weights))


def test_distance_covariance_is_the_mean_over_distinct_events() -> None:
    x, y, w = random(7)
    a, b = ((v[:, None] - v[None, :]).abs().numpy() for v in (x, y))
    expected = mean_over_distinct(w.numpy(), 2, lambda i, j: a[i, j] * b[i, j])
    expected += mean_over_distinct(w.numpy(), 4, lambda i, j, k, m: a[i, j] * b[k, m])
    expected -= 2 * mean_over_distinct(w.numpy(), 3, lambda i, j, k: a[i, j] * b[i, k])
    assert float(_PowerSums(w).covariance(torch.tensor(a), torch.tensor(b))) == pytest.approx(expected, rel=1e-10)


def test_events_of_weight_0_do_not_count() -> None:
    x, y, w = random(50)
    w[30:] = 0
    assert float(distance_correlation(x, y, w)) == pytest.approx(float(distance_correlation(x[:30], y[:30], w[:30])))


def test_distance_correlation_of_dependent_and_independent_columns() -> None:
    x, y, w = random(400)
    assert float(distance_correlation(x, x, w)) == pytest.approx(1)
    assert float(distance_correlation(x, 3 - 2 * x, w)) == pytest.approx(1)
    assert float(distance_correlation(x, y, w)) > 0.2  # without any linear correlation
    shuffled = [y[torch.randperm(400, generator=torch.Generator().manual_seed(i))] for i in range(100)]
    values = torch.stack([distance_correlation(x, each, w) for each in shuffled])
    assert abs(values.mean()) < 3 * values.std() / 10  # no bias
    assert values.min() < 0


def test_moments_against_the_integral() -> None:
    score, nuisance, weight = (values.float() for values in random(60))
    score = score.sigmoid()
    module = MoDe(0, 3)
    module.prepare(nuisance, weight)
    place = np.digitize(nuisance.numpy(), module.edges.numpy(), right=True)
    grid = np.linspace(0, 1, 200_001)
    w, s = weight.numpy(), score.numpy()
    curves = [
        np.searchsorted(np.sort(s[place == m]), grid, side="right") for m in range(3)
    ]  # fmt: skip
    sums = [np.append(0, np.cumsum(w[place == m][np.argsort(s[place == m])])) for m in range(3)]
    each = np.stack([total[curve] / total[-1] for curve, total in zip(curves, sums, strict=True)])
    expected = np.square(each - each.mean(0)).mean(0).mean()
    assert float(module(score, nuisance, weight)) == pytest.approx(expected, rel=1e-3)


def test_moments_of_order_1_allow_a_line() -> None:
    """A score that is uniform on [0, 1] shifted by the bin: its distributions are no line, but nearly."""
    nuisance = torch.linspace(-1, 1, 40_001)
    score = (torch.rand(40_001, generator=torch.Generator().manual_seed(1)) < 0.5 + 0.3 * nuisance).float()
    weight = torch.ones_like(score)
    found = []
    for order in (0, 1):
        module = MoDe(order, 8)
        module.prepare(nuisance, weight)
        found.append(float(module(score, nuisance, weight)))
    assert found[1] < 0.01 * found[0]


def test_reversed_gradient() -> None:
    x = torch.tensor([2.0], requires_grad=True)
    reversed_gradient(x, 3.0).square().sum().backward()
    assert x.grad is not None
    assert x.grad.item() == -12


def test_the_plain_network_is_that_of_supervised_training() -> None:
    made = step(strength=0.0, baseline=False, name="Train", epochs=2)
    alone = Supervised(
        network=made.network, optimizer=made.optimizer, schedule=made.schedule, clip=made.clip, average=made.average,
        epochs=2, batch_size=500, keep="last", name="Train",
    )  # fmt: skip
    assert torch.equal(fitted(made)["score"], fitted(alone)["score"])


@pytest.mark.parametrize(
    ("penalty", "strength"),
    [
        (DistanceCorrelation(), 5.0),
        (MomentDecomposition(bins=6), 20.0),
        (GradientReversal(MixtureDensity(inputs=["score"], components=2, layers=[16])), 2.0),
    ],
    ids=["DisCo", "MoDe", "reversal"],
)
def test_score_forgets_the_nuisance(penalty: Any, strength: float) -> None:
    made = fitted(step(penalty=penalty, strength=strength))
    signal = np.flatnonzero(TABLE["label"][CHECK] == 1) + len(TRAIN)
    plain, restrained = (
        low_high_distance(made[name].numpy()[signal], np.asarray(TABLE["z"])[signal], np.ones(len(signal)))
        for name in ("score_plain", "score")
    )
    assert restrained < 0.65 * plain
    assert made["score"].std() > 0.05  # and is no constant


def test_messages() -> None:
    with pytest.raises(ParameterError, match="the adversary must read the score 'score' alone"):
        step(penalty=GradientReversal(MixtureDensity(inputs=["x"])))
    with pytest.raises(WiringError, match=r"Decorrelate: CrossEntropy gives 3 scores an event"):
        step(loss=CrossEntropy(classes=3)).declare(COLUMNS.plus({"label == 1": ColumnType("bool")}))
    rare = TABLE.plus({"rare": np.arange(len(TABLE)) % 200 == 0})
    with pytest.raises(BadValues, match=r"of a batch of 500 events 2.5 count .*only='rare'.* larger batch_size"):
        few = ready(step(only="rare"), columns=COLUMNS.plus({"rare": ColumnType("bool")}))
        few.fit(rows(rare, TRAIN), rows(rare, CHECK))
    with pytest.raises(BadValues, match="nuisance is 2 in all events that count"):
        DisCo(2).prepare(torch.full((4,), 2.0), torch.ones(4))
    with pytest.raises(BadValues, match="cannot be cut into bins=5"):
        MoDe(0, 5).prepare(torch.tensor([0.0, 1.0]).repeat(50), torch.ones(100))
    with pytest.raises(BadValues, match="1 values of the nuisance are NaN"):
        MoDe(0, 3).prepare(torch.tensor([0.0, torch.nan, 1.0, 2.0]), torch.ones(4))
