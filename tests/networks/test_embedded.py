"""Categories as learned vectors: looked up, learned from the training part, and nothing unknown passes unseen."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from hepdl_networks.dense import Dense
from hepdl_networks.embedded import Embedded
from hepdl_networks.embeddings import Lookup
from hepdl_networks.fusion import Fusion
from hepdl_networks.recurrent import Recurrent
from hepdl_training.losses import MeanSquaredError
from hepdl_training.optimizers import Adam
from hepdl_training.supervised import Supervised

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from hepdl.ledger import Ledger
from tests.learning.material import ready, rows

COLUMNS = Columns(x=ColumnType(), pdgid=ColumnType("int32"), weight=ColumnType(), label=ColumnType())
CHARGES = {11: -1.0, -11: 1.0, 13: -1.0, -13: 1.0, 22: 0.0}


def events(n: int = 400) -> Events:
    """The charge of a particle, by its PDG code."""
    codes = np.random.default_rng(1).choice(list(CHARGES), n).astype(np.int32)
    charge = np.array([CHARGES[code] for code in codes], np.float32)
    ones = np.ones(n, np.float32)
    return Events({"x": ones, "pdgid": codes, "weight": ones, "label": charge})


def trained(vocabulary: list[int] | int, table: Events, unknown: str = "error", fusion: bool = False) -> Supervised:
    network = Embedded(
        network=Dense(inputs=["x", "pdgid"], layers=[]), vocabulary={"pdgid": vocabulary}, unknown=unknown
    )
    step = ready(
        Supervised(
            network=Fusion(networks=[network], layers=[]) if fusion else network,
            target="label", loss=MeanSquaredError(), epochs=20, batch_size=50, optimizer=Adam(rate=0.05),
        ),
        columns=COLUMNS,
    )  # fmt: skip
    step.fit(rows(table, columns=COLUMNS), rows(table.rows(0, 50), columns=COLUMNS))
    return step


@pytest.mark.parametrize("vocabulary", [list(CHARGES), 5, 8])
@pytest.mark.parametrize("fusion", [False, True])
def test_codes_without_order_are_learned(vocabulary: list[int] | int, fusion: bool) -> None:
    table = events()
    step = trained(vocabulary, table, fusion=fusion)
    step.module.eval()
    assert step.execute(table.to("cpu"))["score"].detach().numpy() == pytest.approx(table["label"], abs=0.05)


def test_a_vocabulary_is_sorted_and_row_0_is_for_all_else() -> None:
    lookup = Lookup([22, -11, 11], 4, "other")
    assert lookup.places(torch.tensor([-11, 11, 22, 5, -99, 10**9])).tolist() == [1, 2, 3, 0, 0, 0]
    assert not lookup(torch.tensor([7])).any()


def test_the_most_frequent_values_are_learned() -> None:
    lookup = Lookup(2, 4, "other")
    lookup.learn(torch.tensor([3, 9, 9, 5, 3, 9]))
    assert lookup.vocabulary.tolist() == [3, 9]
    few = Lookup(3, 4, "other")
    few.learn(Jagged(torch.tensor([7.0]), torch.tensor([0, 1])))
    assert few.places(torch.tensor([7, 0, 1])).tolist() == [1, 0, 0]


def test_a_value_outside_the_vocabulary_stops_the_training() -> None:
    message = r"Embedded: \d+ of 400 values of 'pdgid' in the training part are not in its vocabulary: 22 \(\d+ times\)"
    with pytest.raises(BadValues, match=message):
        trained([11, -11, 13, -13], events())


def test_unknown_values_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        trained([11, -11], events(), "other")
    table = events()
    count = int((~np.isin(table["pdgid"], [11, -11])).sum())
    assert f"{count} of 400 values of 'pdgid' in the training part" in caplog.text
    assert "in the validation part" in caplog.text
    network = Embedded(network=Dense(inputs=["pdgid"]), vocabulary={"pdgid": [11, -11]}, unknown="other")
    job = Job(ledger=Ledger.of([])).for_step("Supervised", COLUMNS)
    network.prepare(
        network.build(COLUMNS, 1), rows(table, columns=COLUMNS), rows(table.rows(0, 0), columns=COLUMNS), job
    )
    assert job.ledger.notes[0].startswith(f"Supervised: {count} of 400 values of 'pdgid' in the training part")


def test_a_score_from_an_unknown_value_is_no_number() -> None:
    network = Embedded(network=Dense(inputs=["pdgid"], layers=[4]), vocabulary={"pdgid": [11, -11]})
    answer = network.build(COLUMNS, 1)(torch.tensor([11, 12]))
    assert answer.isfinite().tolist() == [[True], [False]]


def test_lists_of_codes_of_particles() -> None:
    columns = Columns(tracks=ColumnType(shape=(3,), jagged=True), pdgid=ColumnType("float32", (1,), True))
    network = Embedded(network=Recurrent(inputs=["tracks", "pdgid"], layers=[4]), vocabulary={"pdgid": [11, 22]})
    assert network.inputs == ["tracks", "pdgid"]
    offsets = torch.tensor([0, 2, 2])
    module = network.build(columns, 2)
    answer = module(Jagged(torch.randn(2, 3), offsets), Jagged(torch.tensor([[11.0], [22.0]]), offsets))
    assert answer.shape == (2, 2)


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        ({"charge": [1]}, "vocabulary names 'charge', which Dense does not read"),
        ({"pdgid": []}, "the vocabulary of 'pdgid' must hold at least one category"),
        ({"pdgid": [1, 1]}, "none twice"),
    ],
)
def test_a_vocabulary_that_makes_no_sense(vocabulary: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Embedded(network=Dense(inputs=["pdgid"]), vocabulary=vocabulary)


def test_columns_that_hold_no_categories() -> None:
    network = Embedded(network=Dense(inputs=["n"]), vocabulary={"n": [10**9]})
    with pytest.raises(WiringError, match=r"'n' is float32\[3\]; a category is one number"):
        network.build(Columns(n=ColumnType(shape=(3,))), 1)
    with pytest.raises(WiringError, match="too coarse for 1000000000; use an integer column"):
        network.build(Columns(n=ColumnType()), 1)


def test_as_a_trunk_of_several_heads() -> None:
    columns = Columns(tracks=ColumnType(shape=(3,), jagged=True), pdgid=ColumnType("int64", jagged=True))
    network = Embedded(network=Recurrent(inputs=["tracks", "pdgid"], layers=[4]), vocabulary={"pdgid": [11, 22]})
    trunk = network.trunk(columns, 6)
    offsets = torch.tensor([0, 2, 2])
    event, particles = trunk(Jagged(torch.randn(2, 3), offsets), Jagged(torch.tensor([11, 22]), offsets))
    assert event.shape == (2, 6)
    assert particles.values.shape == (2, trunk.particle_width)
    assert network.particles == "tracks"
