"""The next hit of a track: better than a straight line, and a continuation that follows the helix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hepdl_networks.recurrent import Recurrent
from hepdl_training.continuation import cut, grown, last, longer
from hepdl_training.mixture_likelihood import MixtureLikelihood
from hepdl_training.next_in_sequence import NextInSequence
from hepdl_training.optimizers import Adam
from hepdl_training.schedules import Cosine

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events, Jagged
from tests.learning.material import bits, ready, rows

COLUMNS = Columns(
    hits=ColumnType(shape=(3,), jagged=True), weight=ColumnType(), charge=ColumnType(), z=ColumnType(jagged=True)
)


def helices(tracks: int, hits: int, seed: int = 1) -> Events:
    """Hits (x, y, z) every 0.2 m along helices of both charges from the origin, radius 0.4 to 1.2 m."""
    random = np.random.default_rng(seed)
    curvature = random.choice([-1, 1], tracks) / random.uniform(0.4, 1.2, tracks)
    phi, slope = random.uniform(-np.pi, np.pi, tracks), random.normal(0, 0.5, tracks)
    s = 0.2 * np.arange(1, hits + 1)[None]
    x = (np.sin(phi[:, None] + curvature[:, None] * s) - np.sin(phi)[:, None]) / curvature[:, None]
    y = (np.cos(phi)[:, None] - np.cos(phi[:, None] + curvature[:, None] * s)) / curvature[:, None]
    values = np.stack([x, y, slope[:, None] * s], 2).astype(np.float32).reshape(-1, 3)
    lengths = np.full(tracks, hits)
    ones = np.ones(tracks, np.float32)
    return Events({
        "hits": Jagged.from_lengths(values, lengths), "weight": ones, "charge": ones,
        "z": Jagged.from_lengths(values[:, 2].copy(), lengths),
    })  # fmt: skip


def step(columns: Columns = COLUMNS, **parameters: object) -> NextInSequence:
    network = Recurrent(inputs=["hits"], cell="GRU", layers=[32], head=[32], answers="particle", output="next")
    few = {"network": network, "epochs": 25, "batch_size": 100, "optimizer": Adam(rate=0.01), "schedule": Cosine()}
    return ready(NextInSequence(**(few | parameters)), columns=columns)


@pytest.fixture(scope="module")
def follower() -> NextInSequence:
    """Trained on whole tracks, goes on for 6 hits from the first 6."""
    trained = step(steps=6, seen=6)
    trained.fit(rows(helices(1000, 12), columns=COLUMNS), rows(helices(100, 12, seed=2), columns=COLUMNS))
    trained.module.eval()
    return trained


@torch.no_grad()
def test_the_next_hit_is_closer_than_on_a_straight_line(follower: NextInSequence) -> None:
    test = helices(200, 12, seed=3)
    true = test["hits"].values.reshape(200, 12, 3)
    said = follower.execute(test.to("cpu"))["next"].values.numpy().reshape(200, 12, 3)
    straight = 2 * true[:, 2:-1] - true[:, 1:-2]
    ours, theirs = (np.linalg.norm(each - true[:, 3:], axis=2).mean() for each in (said[:, 2:-1], straight))
    assert ours < 0.5 * theirs


@torch.no_grad()
def test_it_runs_free_along_the_helix(follower: NextInSequence) -> None:
    test = helices(200, 12, seed=3)
    true = test["hits"].values.reshape(200, 12, 3)
    said = follower.execute(test.to("cpu"))["continuation"].values.numpy().reshape(200, 6, 3)
    straight = true[:, 5:6] + np.arange(1, 7)[None, :, None] * (true[:, 5:6] - true[:, 4:5])
    ours, theirs = (np.linalg.norm(each - true[:, 6:], axis=2).mean() for each in (said, straight))
    assert ours < 0.5 * theirs


@torch.no_grad()
def test_running_free_is_asking_again_and_again(follower: NextInSequence) -> None:
    """The slow twin: each answer is appended to each list by hand."""
    test = helices(3, 12, seed=4)
    hits = [list(track) for track in test["hits"].values.reshape(3, 12, 3)[:, :6]]
    for _ in range(6):
        seen = Jagged.from_lengths(np.concatenate(hits).astype(np.float32), [len(each) for each in hits])
        said = follower.execute(Events({"hits": seen, "weight": np.ones(3, np.float32)}).to("cpu"))["next"]
        for track, end in zip(hits, said.offsets[1:], strict=True):
            track.append(said.values[end - 1].numpy())
    expected = np.stack([track[6:] for track in hits]).reshape(-1, 3)
    assert follower.execute(test.to("cpu"))["continuation"].values.numpy() == pytest.approx(expected, abs=1e-4)


@torch.no_grad()
def test_a_track_without_hits_does_not_go_on(follower: NextInSequence) -> None:
    hits = Jagged(torch.randn(7, 3), torch.tensor([0, 0, 6, 6, 7]))
    answer = follower.execute(Events({"hits": hits, "weight": torch.ones(4)}))
    assert answer["next"].lengths.tolist() == [0, 6, 0, 1]
    assert answer["continuation"].lengths.tolist() == [0, 6, 0, 6]
    nothing = follower.execute(Events({"hits": hits.rows(2, 3), "weight": torch.ones(1)}))
    assert nothing["continuation"].lengths.tolist() == [0]


def test_the_network_may_see_its_own_answers_in_training() -> None:
    tracks = helices(100, 6)
    states = []
    for teacher in (1.0, 0.0, 0.0):
        trained = step(teacher=teacher, epochs=2)
        trained.fit(rows(tracks, columns=COLUMNS), rows(tracks.rows(0, 20), columns=COLUMNS))
        states.append(bits(trained))
    assert states[0] != states[1]
    assert states[1] == states[2]


def test_a_loss_with_several_ways_learns_both() -> None:
    """Particles that go up or down by 1 with equal odds: the mean is no answer, the likelihood knows two."""
    random = np.random.default_rng(1)
    values = random.choice([-1.0, 1.0], (300, 5)).cumsum(1).astype(np.float32) + random.normal(0, 0.05, (300, 5))
    lists = Jagged.from_lengths(values.astype(np.float32).reshape(-1), np.full(300, 5))
    table = Events({"z": lists, "weight": np.ones(300, np.float32)})
    network = Recurrent(inputs=["z"], layers=[8], answers="particle", output="next")
    trained = step(network=network, loss=MixtureLikelihood(components=2), epochs=20, batch_size=20)
    trained.fit(rows(table, columns=COLUMNS), rows(table, columns=COLUMNS))
    loss = float(trained.objective().fit(trained.module, *[rows(table, columns=COLUMNS)] * 2, trained.job).over(
        trained.module, rows(table, columns=COLUMNS), 300
    ))  # fmt: skip
    one_gaussian = 0.5 * np.log(2 * np.pi * np.e)
    assert loss < one_gaussian - 0.5


def test_weights_and_single_hits() -> None:
    """Tracks without weight teach nothing, nor do those with one hit."""
    wrong = helices(50, 6, seed=8)
    tracks = Events.concatenate([helices(50, 6), Events(wrong.columns() | {"weight": np.zeros(50, np.float32)})])
    trained = step(epochs=1).objective()
    module = step().module
    trained.fit(module, rows(tracks, columns=COLUMNS), rows(tracks, columns=COLUMNS), step().job)
    values = helices(50, 6)["hits"].values.reshape(50, 6, 3)
    assert module.centre.numpy() == pytest.approx(np.diff(values, axis=1).reshape(-1, 3).mean(0), abs=1e-5)
    with pytest.raises(BadValues, match=r"'hits': .* lists of at least two particles are needed"):
        step().fit(rows(helices(20, 1), columns=COLUMNS), rows(helices(5, 1), columns=COLUMNS))


def test_hits_that_are_no_numbers() -> None:
    tracks = helices(20, 6)
    tracks["hits"].values[3, 1] = np.nan
    with pytest.raises(BadValues, match="sequence 'hits': 1 values are NaN or infinite"):
        step().fit(rows(tracks, columns=COLUMNS), rows(tracks, columns=COLUMNS))


def test_what_does_not_fit() -> None:
    with pytest.raises(ParameterError, match="Recurrent must answer for each particle: set answers='particle'"):
        NextInSequence(network=Recurrent(inputs=["hits"]))
    with pytest.raises(ParameterError, match="seen says where it begins to go on, so it needs steps"):
        NextInSequence(network=Recurrent(inputs=["hits"], answers="particle"), seen=3)
    two = NextInSequence(network=Recurrent(inputs=["hits", "z"], answers="particle"))
    with pytest.raises(WiringError, match=r"one list goes on, 'hits' .*but 'z' is a list too"):
        two.declare(COLUMNS)


def test_lists_that_are_cut_and_grow() -> None:
    lists = Jagged(torch.arange(6.0)[:, None], torch.tensor([0, 3, 3, 4, 6]))
    short = cut(lists, 2)
    assert short.values[:, 0].tolist() == [0, 1, 3, 4, 5]
    assert short.offsets.tolist() == [0, 2, 2, 3, 5]
    assert last(lists)[[0, 2, 3], 0].tolist() == [2, 3, 5]
    more = longer(lists, torch.tensor([[10.0], [11.0], [12.0], [13.0]]))
    assert more.values[:, 0].tolist() == [0, 1, 2, 10, 11, 3, 12, 4, 5, 13]
    assert more.offsets.tolist() == [0, 4, 5, 7, 10]
    blocks = grown(torch.arange(8.0).reshape(4, 2, 1), lists)
    assert blocks.values[:, 0].tolist() == [0, 1, 4, 5, 6, 7]
    assert blocks.offsets.tolist() == [0, 2, 2, 4, 6]


def test_a_run_folder_is_enough_to_resume(tmp_path: Path) -> None:
    """State is in the module: saved and loaded it answers the same."""
    trained = step(epochs=1, steps=2)
    trained.fit(rows(helices(30, 5), columns=COLUMNS), rows(helices(10, 5), columns=COLUMNS))
    torch.save(trained.module.state_dict(), tmp_path / "state.pt")
    fresh = step(steps=2)
    fresh.module.load_state_dict(torch.load(tmp_path / "state.pt"))
    tracks = helices(4, 5).to("cpu")
    assert fresh.execute(tracks)["continuation"].values.equal(trained.execute(tracks)["continuation"].values)
