from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from hepdl_networks.dense import Dense
from hepdl_networks.fusion import Fusion
from hepdl_training.losses import CrossEntropy, KullbackLeibler, MeanSquaredError
from hepdl_training.optimizers import LBFGS, Adam
from hepdl_training.supervised import Supervised

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, NothingLeft, ParameterError, WiringError
from hepdl.events import Events, Jagged
from hepdl.learning.parts import Layout, Loss
from tests.contract.toys import Deep, Pooled, SumOfParticles
from tests.learning.material import COLUMNS, changed, ready, rows, toy

TABLE = toy(1000)
TRAIN, CHECK = np.arange(700), np.arange(700, 1000)
STEP = Supervised(network=Dense(inputs=["x"], layers=[16]), epochs=15, batch_size=100, optimizer=Adam(rate=0.01))


def fit(step: Supervised, table: Events = TABLE, columns: Columns = COLUMNS) -> Supervised:
    step = ready(step, columns=columns)
    step.fit(rows(table, TRAIN, columns=columns), rows(table, CHECK, columns=columns))
    step.module.eval()
    return step


def loss_on(step: Supervised, table: Events = TABLE) -> float:
    objective = step.objective().fit(rows(table, TRAIN), rows(table, CHECK), step.job)
    return float(objective.over(step.module, rows(table, CHECK), 1000))


def test_it_learns_and_adds_its_column() -> None:
    step = fit(STEP)
    assert step.declare(COLUMNS) == {"score": ColumnType()}
    assert set(step.reads()) == {"x", "label", "weight"}
    with torch.no_grad():
        score = step.execute(TABLE.to("cpu"))["score"]
    assert score.shape == (1000,) and 0 <= float(score.min()) <= float(score.max()) <= 1
    assert loss_on(step) < 0.5


def test_lbfgs_on_all_events() -> None:
    step = fit(STEP.replaced(optimizer=LBFGS(), batch_size=None, epochs=5))
    assert loss_on(step) < 0.5


def test_regression() -> None:
    table = changed(TABLE, z=(TABLE["x"] @ np.array([2.0, -1.0], np.float32)))
    linear = Dense(inputs=["x"], layers=[], output="sum")
    step = fit(STEP.replaced(network=linear, target="z", loss=MeanSquaredError(), epochs=60), table)
    assert step.module.layers[0].weight.detach().flatten().tolist() == pytest.approx([2, -1], abs=0.02)


def test_many_classes() -> None:
    table = changed(TABLE, label=np.digitize(TABLE["x"][:, 0], [0, 1]).astype(np.float32))
    step = fit(STEP.replaced(loss=CrossEntropy(classes=3), balance=True), table)
    assert step.declare(COLUMNS) == {"score": ColumnType(shape=(3,))}
    assert step.execute(table.to("cpu"))["score"].shape == (1000, 3)


def test_a_target_that_is_a_distribution() -> None:
    p = 1 / (1 + np.exp(-TABLE["x"][:, 0]))
    table = changed(TABLE, share=np.stack([p, 1 - p], 1).astype(np.float32))
    columns = COLUMNS.plus({"share": ColumnType(shape=(2,))})
    step = fit(STEP.replaced(target="share", loss=KullbackLeibler()), table, columns)
    made = step.execute(table.to("cpu"))["score"].detach().numpy()
    assert np.abs(made[:, 0] - p).mean() < 0.05


class Poisson(Loss):
    """A user's own likelihood: the target is a count, the network gives the log of its mean."""

    def outputs(self, target: ColumnType) -> int:
        return 1

    def loss(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return prediction[:, 0].exp() - target * prediction[:, 0]

    def activate(self, prediction: torch.Tensor) -> torch.Tensor:
        return prediction[:, 0].exp()


def test_a_likelihood_of_ones_own() -> None:
    mean = np.exp(0.5 * TABLE["x"][:, 0])
    table = changed(TABLE, z=np.random.default_rng(1).poisson(mean).astype(np.float32))
    step = fit(STEP.replaced(target="z", loss=Poisson(), network=Dense(inputs=["x"], layers=[]), epochs=40), table)
    assert float(step.module.layers[0].weight[0, 0].detach()) == pytest.approx(0.5, abs=0.1)


def test_weights_matter() -> None:
    heavy = changed(TABLE, weight=np.where(TABLE["label"] > 0, 9.0, 1.0).astype(np.float32))
    plain, weighted, balanced = fit(STEP), fit(STEP, heavy), fit(STEP.replaced(balance=True), heavy)
    means = [float(step.execute(TABLE.to("cpu"))["score"].detach().mean()) for step in (plain, weighted, balanced)]
    assert means[1] > means[0] + 0.15 and means[2] == pytest.approx(means[0], abs=0.05)


def test_unlabelled_events_do_not_count() -> None:
    label = np.concatenate([TABLE["label"][:900], np.full(100, np.nan, np.float32)])
    assert loss_on(fit(STEP, changed(TABLE, label=label))) < 0.5


def test_without_validation_the_last_network_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    step = ready(STEP)
    with caplog.at_level(logging.INFO, "hepdl.Supervised"):
        step.fit(rows(TABLE, TRAIN), rows(TABLE, CHECK[:0]))
    assert "no validation events: the last network is kept" in caplog.text
    with pytest.raises(NothingLeft, match="Supervised: patience=3 needs events in the validation part"):
        ready(STEP.replaced(patience=3)).fit(rows(TABLE, TRAIN), rows(TABLE, CHECK[:0]))


def test_bad_targets() -> None:
    with pytest.raises(BadValues, match=r"target column 'label' holds 2 \(350 times\)"):
        fit(STEP, changed(TABLE, label=TABLE["label"] * 2))
    with pytest.raises(BadValues, match=r"'label' has no event of class 1 \(there is: 0\)"):
        fit(STEP, changed(TABLE, label=TABLE["label"] * 0))


def tracks(events: int = 400) -> Events:
    """Tracks with one feature; those of class 1 are higher by 2, and more so where ``mu`` is small."""
    rng = np.random.default_rng(4)
    lengths = rng.integers(0, 6, events)
    origin = rng.integers(0, 2, lengths.sum()).astype(np.float32)
    mu = rng.normal(size=events).astype(np.float32)
    x = 2 * origin + rng.normal(size=len(origin)) - np.repeat(mu, lengths)
    tracks = np.stack([x, rng.normal(size=len(x))], 1).astype(np.float32)
    return Events({
        "tracks": Jagged.from_lengths(tracks, lengths), "origin": Jagged.from_lengths(origin, lengths), "mu": mu,
        "weight": np.ones(events, np.float32), "label": np.zeros(events, np.float32),
    })  # fmt: skip


def test_an_answer_for_each_particle() -> None:
    table = tracks()
    columns = Columns(
        tracks=ColumnType(shape=(2,), jagged=True), origin=ColumnType(jagged=True), mu=ColumnType(),
        weight=ColumnType(), label=ColumnType(),
    )  # fmt: skip
    network = Deep(inputs=["tracks", "mu"], answers="particle", output="origin_score")
    step = ready(STEP.replaced(network=network, target="origin", epochs=15, batch_size=50), columns=columns)
    step.fit(rows(table, np.arange(300), columns=columns), rows(table, np.arange(300, 400), columns=columns))
    step.module.eval()
    assert step.declare(columns) == {"origin_score": ColumnType(jagged=True)}
    with torch.no_grad():
        score = step.execute(table.to("cpu"))["origin_score"]
    assert np.array_equal(score.offsets, table["origin"].offsets)
    assert ((score.values.numpy() > 0.5) == table["origin"].values).mean() > 0.8
    with pytest.raises(WiringError, match=r"Supervised: Deep answers for each particle of 'tracks'"):
        step.replaced(target="label").declare(columns)


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match="LBFGS needs all events in one batch: set batch_size=None"):
        STEP.replaced(optimizer=LBFGS())
    with pytest.raises(ParameterError, match="balance needs a loss with classes, MeanSquaredError has none"):
        STEP.replaced(loss=MeanSquaredError(), balance=True)
    with pytest.raises(ParameterError, match="patience stops after the best epoch, so it needs keep='best'"):
        STEP.replaced(patience=3, keep="last")


class Bucketed(Pooled):
    """Wants events of about one length in a batch."""

    @property
    def layout(self) -> Layout:
        return "bucketed"


@pytest.mark.parametrize(("network", "spread"), [(Pooled, 8), (Bucketed, 2)])
def test_a_network_says_how_it_likes_its_lists(network: type[Pooled], spread: float, monkeypatch) -> None:
    lengths = np.random.default_rng(1).integers(0, 10, 1000)
    particles = Jagged.from_lengths(np.ones((lengths.sum(), 3), "f4"), lengths)
    columns = COLUMNS.plus({"particles": ColumnType("float32", (3,), jagged=True)})
    seen: list[Jagged] = []
    call = SumOfParticles.forward
    monkeypatch.setattr(SumOfParticles, "forward", lambda self, lists: seen.append(lists) or call(self, lists))
    step = STEP.replaced(network=network(inputs=["particles"]), epochs=1, batch_size=50)
    fit(step, changed(TABLE, particles=particles), columns)
    spreads = [int(lists.lengths.max() - lists.lengths.min()) for lists in seen if len(lists) == 50]
    assert len(spreads) == 14
    assert np.mean(spreads) == pytest.approx(spread, abs=1.5)


def test_a_network_of_networks_likes_what_its_parts_like() -> None:
    fusion = Fusion(networks=[Bucketed(inputs=["particles"]), Dense(inputs=["x"])])
    assert fusion.alike(COLUMNS.plus({"particles": ColumnType("float32", (3,), jagged=True)})) == "particles"
    assert Dense(inputs=["x"]).layout == "packed"
