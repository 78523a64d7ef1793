"""Siamese: losses over pairs against slow twins, and a space in which classes lie apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hepdl_networks.dense import Dense
from hepdl_training.optimizers import LBFGS, Adam
from hepdl_training.pairs import LOSSES, Pairs
from hepdl_training.siamese import Siamese

from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events
from tests.learning.material import COLUMNS, changed, ready, rows, toy

TABLE = toy(600)
NETWORK = Dense(inputs=["x"], layers=[16], output="place")
PAIR_COLUMNS = COLUMNS.plus({"other": COLUMNS["x"]})
RANDOM = torch.Generator().manual_seed(1)
PLACES, OTHERS = torch.randn(7, 3, generator=RANDOM), torch.randn(7, 3, generator=RANDOM)
LABEL, WEIGHT = torch.tensor([0, 1, 0, 1, 1, 2, 0.0]), torch.tensor([1, 2, 0.5, -1, 1, 1, 0])


def fit(step: Siamese, table: Events = TABLE, columns=COLUMNS) -> Siamese:
    step = ready(step, columns=columns)
    step.fit(rows(table, np.arange(400), columns=columns), rows(table, np.arange(400, 600), columns=columns))
    step.module.eval()
    return step


def twin(
    loss: str, alike: list[list[bool]], apart: list[list[bool]], scale: float, second: torch.Tensor
) -> list[float]:
    """Anchor after anchor, pair after pair; the mean of a contrastive loss is not yet divided."""
    answers = []
    for i, place in enumerate(PLACES.tolist()):
        near = [j for j in range(7) if alike[i][j]]
        far = [j for j in range(7) if apart[i][j]]
        distance = [math.dist(place, other) for other in second.tolist()]
        cosine = [math.exp(sum(a * b for a, b in zip(place, other, strict=True)) / scale) for other in second.tolist()]
        if loss == "triplet":
            hard = (
                max(0.0, max(distance[j] for j in near) - min(distance[j] for j in far) + scale) if near and far else 0
            )
            answers.append(hard)
        elif loss == "infonce":
            total = sum(cosine[j] for j in near + far)
            answers.append(-sum(math.log(cosine[j] / total) for j in near) / max(len(near), 1))
        else:
            weight = WEIGHT.tolist() if second is PLACES else [1.0] * 7
            each = [weight[j] * distance[j] ** 2 / 2 for j in near]
            each += [weight[j] * max(0.0, scale - distance[j]) ** 2 / 2 for j in far]
            answers.append(sum(each))
    return answers


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_over_events(loss: str) -> None:
    used = [w != 0 for w in WEIGHT.tolist()]
    labels = LABEL.tolist()
    alike = [[used[i] and used[j] and i != j and labels[i] == labels[j] for j in range(7)] for i in range(7)]
    apart = [[used[i] and used[j] and labels[i] != labels[j] for j in range(7)] for i in range(7)]
    expected = np.array(twin(loss, alike, apart, 1.5, PLACES)) / (6 if loss == "contrastive" else 1)
    got = LOSSES[loss](Pairs.of_events(PLACES, LABEL, WEIGHT), 1.5)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_over_halves(loss: str) -> None:
    together, weight = LABEL == 1, torch.ones(7)
    alike = [[i == j and bool(together[i]) for j in range(7)] for i in range(7)]
    if loss == "contrastive":
        apart = [[i == j and not together[i] for j in range(7)] for i in range(7)]
    else:
        apart = [[i != j for j in range(7)] for i in range(7)]
    pairs = Pairs.of_halves(PLACES, OTHERS, together, weight, only_these=loss == "contrastive")
    np.testing.assert_allclose(LOSSES[loss](pairs, 1.5), twin(loss, alike, apart, 1.5, OTHERS), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("number", [0, 1, 7])
def test_events_alone_or_without_weight_have_a_finite_slope(loss: str, number: int) -> None:
    places = torch.zeros(number, 3, requires_grad=True)
    pairs = Pairs.of_events(places, LABEL[:number], torch.zeros(number))
    LOSSES[loss](pairs, 1.0).sum().backward()
    assert places.grad.isfinite().all()


@pytest.mark.parametrize("loss", LOSSES)
def test_classes_come_to_lie_apart(loss: str) -> None:
    table = changed(TABLE, x=TABLE["x"] + 3 * TABLE["label"][:, None])
    step = fit(Siamese(network=NETWORK, loss=loss, epochs=12, batch_size=50, optimizer=Adam(rate=0.01)), table)
    place = step.execute(table.to("cpu"))["place"].detach().numpy()[400:]
    label = table["label"][400:]
    centres = [place[label == value].mean(0) for value in (0, 1)]
    spread = max(place[label == value].std(0).max() for value in (0, 1))
    assert np.linalg.norm(centres[0] - centres[1]) > 2 * spread
    if loss == "infonce":
        np.testing.assert_allclose(np.linalg.norm(place, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_partner_is_found(loss: str) -> None:
    """The other half is the first one, smeared; without a common place it would be anywhere among 200."""
    random = np.random.default_rng(2)
    label = (np.arange(600) % 2 if loss == "contrastive" else np.ones(600)).astype(np.float32)
    other = np.where(label[:, None] == 1, TABLE["x"] + random.normal(0, 0.05, (600, 2)), TABLE["x"][::-1])
    table = changed(TABLE, other=other.astype(np.float32), label=label)
    step = fit(
        Siamese(network=NETWORK, partner=["other"], loss=loss, epochs=15, batch_size=50, optimizer=Adam(rate=0.01)),
        table, PAIR_COLUMNS,
    )  # fmt: skip
    first, second = (
        step.execute(Events({"x": table[name]}).to("cpu"))["place"].detach()[400:] for name in ("x", "other")
    )
    rank = (torch.cdist(first, second) < (first - second).norm(dim=1)[:, None]).float().mean(1)[label[400:] == 1]
    assert float(rank.mean()) < 0.1


def test_declared() -> None:
    step = Siamese(network=NETWORK, dimension=3)
    assert str(step.declare(COLUMNS)["place"]) == "float32[3]"
    assert set(step.reads()) == {"x", "label", "weight"}
    assert set(step.replaced(partner=["other"]).reads()) == {"x", "other", "label", "weight"}


def test_messages() -> None:
    with pytest.raises(ParameterError, match=r"partner has 2 columns, but the network takes 1: \['x'\]"):
        Siamese(network=NETWORK, partner=["a", "b"])
    with pytest.raises(ParameterError, match="LBFGS needs all events in one batch: set batch_size=None"):
        Siamese(network=NETWORK, optimizer=LBFGS())
    with pytest.raises(WiringError, match=r"'x' is float32\[2\], but its partner 'z' is float32; one network can only"):
        Siamese(network=NETWORK, partner=["z"]).declare(COLUMNS)
    with pytest.raises(WiringError, match=r"target 'x' is float32\[2\], but one number an event is needed"):
        Siamese(network=NETWORK, target="x").declare(COLUMNS)
    alone = changed(TABLE, label=np.ones(600, np.float32))
    with pytest.raises(BadValues, match=r"target 'label' is \[1.0\] in all training events; unlike events"):
        fit(Siamese(network=NETWORK), alone)
    with pytest.raises(
        BadValues, match=r"target 'label' must be 1 for pairs that belong together, 0 for others, .* \[2"
    ):
        fit(Siamese(network=NETWORK, partner=["other"]), changed(TABLE, other=TABLE["x"], label=2 * alone["label"]),
            PAIR_COLUMNS)  # fmt: skip
