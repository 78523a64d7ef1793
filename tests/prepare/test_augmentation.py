"""Augmentations: what they change in training, what they leave, and that they are off elsewhere."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hepdl_prepare.drop_soft import DropSoft
from hepdl_prepare.flip_image import FlipImage
from hepdl_prepare.jet_image import JetImage
from hepdl_prepare.rotate_jet import RotateJet
from hepdl_prepare.rotate_phi import RotatePhi
from hepdl_prepare.smear import Smear
from hepdl_prepare.variant import Variant
from torch import nn

from hepdl import Chain, Input
from hepdl.algorithm import Learner
from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.engine import run
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events, Jagged
from hepdl.job import Job
from hepdl.noise import Noise
from tests.memory import FILES, Collect, MemoryReader, sample

RANDOM = np.random.default_rng(3)
N = 2000
LENGTHS = RANDOM.integers(0, 12, N)
n = int(LENGTHS.sum())


def listed(values: np.ndarray) -> Jagged:
    return Jagged.from_lengths(values.astype(np.float32), LENGTHS)


TABLE = Events({
    "pt": listed(RANDOM.exponential(2, n)), "deta": listed(RANDOM.normal(0, 0.2, n)),
    "dphi": listed(RANDOM.normal(0, 0.2, n)), "phi": listed(RANDOM.uniform(-np.pi, np.pi, n)),
    "jet_phi": RANDOM.uniform(-np.pi, np.pi, N), "met": np.ones(N, np.float32),
    "image": RANDOM.random((N, 2, 4, 4)).astype(np.float32),
})  # fmt: skip
EVENTS = TABLE.to("cpu")
COLUMNS = Columns({
    "pt": ColumnType(jagged=True), "deta": ColumnType(jagged=True), "dphi": ColumnType(jagged=True),
    "phi": ColumnType(jagged=True), "jet_phi": ColumnType("float64"), "met": ColumnType(), "n": ColumnType("int32"),
    "image": ColumnType(shape=(2, 4, 4)), "wide": ColumnType(shape=(2, 4, 6)),
})  # fmt: skip


def varied(step: Variant, epoch: int = 0) -> dict[str, Any]:
    return step.vary(EVENTS, Noise(torch.arange(N), epoch))


@pytest.mark.parametrize(
    "step",
    [RotatePhi(["phi", "jet_phi"]), RotateJet(["deta", "dphi"]), Smear(["pt", "met"]), DropSoft(["pt", "phi"], pt="pt"),
     FlipImage(["image"])],
    ids=lambda step: step.label,
)  # fmt: skip
def test_elsewhere_the_copies_are_the_columns(step: Variant) -> None:
    assert list(step.declare(COLUMNS)) == [f"{name}_varied" for name in step.columns]
    for name, column in step.execute(EVENTS).items():
        assert column is EVENTS[name.removesuffix("_varied")]


def test_an_event_turns_as_a_whole() -> None:
    got = varied(RotatePhi(["phi", "jet_phi"]))
    phi, jet = got["phi_varied"], got["jet_phi_varied"]
    assert float(jet.min()) < -3 and float(jet.max()) > 3 and float(phi.values.abs().max()) <= np.pi + 1e-6
    angle = np.remainder(jet.numpy() - TABLE["jet_phi"], 2 * np.pi)
    turned = np.exp(1j * (TABLE["phi"].values + np.repeat(angle, LENGTHS)))
    np.testing.assert_allclose(np.exp(1j * phi.values.numpy()), turned, atol=1e-5)
    assert np.histogram(angle, 4, (0, 2 * np.pi))[0].min() > N / 5


def test_a_turned_jet_keeps_its_distances_and_its_pt() -> None:
    got = varied(RotateJet(["deta", "dphi"]))
    x, y = (got[f"{name}_varied"].values.numpy() for name in ("deta", "dphi"))
    np.testing.assert_allclose(np.hypot(x, y), np.hypot(TABLE["deta"].values, TABLE["dphi"].values), rtol=1e-5)
    start = int(np.cumsum(LENGTHS)[np.argmax(LENGTHS > 2) - 1])
    before = np.hypot(*(np.diff(TABLE[name].values[start : start + 2]) for name in ("deta", "dphi")))
    after = np.hypot(np.diff(x[start : start + 2]), np.diff(y[start : start + 2]))
    assert after == pytest.approx(before, rel=1e-4)
    image = JetImage(pt="pt", eta="deta_varied", phi="dphi_varied", rotate="none", centre="centroid", flip=False)
    image._module = image.build(COLUMNS)
    pixels = image.execute(EVENTS.plus(got))["image"]
    sums = np.bincount(np.repeat(np.arange(N), LENGTHS), TABLE["pt"].values, minlength=N)
    np.testing.assert_allclose(pixels.sum((1, 2, 3)), sums, rtol=1e-5)


def test_half_of_the_jets_are_mirrored() -> None:
    x, y = TABLE["deta"].values, TABLE["dphi"].values
    for mirror, share in ((True, 0.5), (False, 0.0)):
        got = varied(RotateJet(["deta", "dphi"], mirror=mirror))
        u, v = (got[f"{name}_varied"].values.numpy() for name in ("deta", "dphi"))
        second = np.flatnonzero(np.diff(np.repeat(np.arange(N), LENGTHS), prepend=-1) == 0)
        before = x[second - 1] * y[second] - y[second - 1] * x[second]
        after = u[second - 1] * v[second] - v[second - 1] * u[second]
        assert np.mean(before * after < 0) == pytest.approx(share, abs=0.05)


def test_smearing_has_its_width_and_no_bias() -> None:
    got = varied(Smear(["pt", "met"], width=0.1))
    factor = got["pt_varied"].values.numpy() / TABLE["pt"].values
    assert factor.mean() == pytest.approx(1, abs=0.005)
    assert factor.std() == pytest.approx(0.1, rel=0.03)
    assert got["met_varied"].numpy().std() == pytest.approx(0.1, rel=0.1)
    assert (factor > 0).all()


def test_columns_of_a_particle_are_smeared_together() -> None:
    events = EVENTS.plus({"energy": Jagged(2 * EVENTS["pt"].values, EVENTS["pt"].offsets)})
    got = Smear(["pt", "energy"]).vary(events, Noise(torch.arange(N), 1))
    np.testing.assert_allclose(got["energy_varied"].values, 2 * got["pt_varied"].values, rtol=1e-6)


def test_soft_particles_are_left_out_and_hard_ones_stay() -> None:
    got = varied(DropSoft(["pt", "deta"], pt="pt", below=1.0, probability=0.3))
    pt, deta = got["pt_varied"], got["deta_varied"]
    soft = (TABLE["pt"].values < 1).sum()
    assert (pt.values < 1).sum() / soft == pytest.approx(0.7, abs=0.03)
    assert (pt.values >= 1).sum() == n - soft
    for row in range(30):  # a slow twin: what is left is in order and belongs together
        mine = [list(zip(e["pt"].values, e["deta"].values, strict=True)) for e in
                (TABLE.rows(row, row + 1), Events({"pt": pt, "deta": deta}).host().rows(row, row + 1))]  # fmt: skip
        assert mine[1] == [each for each in mine[0] if each in mine[1]]


def test_images_are_flipped_and_turned_in_all_eight_ways() -> None:
    got = varied(FlipImage(["image"]))["image_varied"].numpy()
    ways = np.zeros(8, int)
    for before, after in zip(TABLE["image"][:400], got[:400], strict=True):
        symmetries = [np.rot90(each, k, (1, 2)) for each in (before, before[:, :, ::-1]) for k in range(4)]
        found = [np.array_equal(each, after) for each in symmetries]
        assert sum(found) == 1
        ways += found
    assert ways.min() > 25
    only = varied(FlipImage(["image"], mirror=["vertical"], turn=False))["image_varied"].numpy()
    kept, mirrored = ((only == each).all((1, 2, 3)) for each in (TABLE["image"], TABLE["image"][:, :, ::-1]))
    assert (kept | mirrored).all() and 0.4 < kept.mean() < 0.6


def test_another_epoch_is_another_variation() -> None:
    first, second = (varied(RotatePhi(["phi"]), epoch)["phi_varied"].values for epoch in (0, 1))
    assert not torch.equal(first, second)


def test_messages() -> None:
    with pytest.raises(WiringError, match="Smear: column 'n' is int32; floating-point numbers are needed"):
        Smear(["n"]).declare(COLUMNS)
    with pytest.raises(WiringError, match=r"RotatePhi: column 'image' is float32\[2\]\[4\]\[4\]; one number an"):
        RotatePhi(["image"]).declare(COLUMNS)
    with pytest.raises(ParameterError, match=r"columns are two, Δη and Δφ to the axis, but they are \['deta'\]"):
        RotateJet(["deta"])
    with pytest.raises(WiringError, match="RotateJet: column 'met' is float32; a jagged column, one number a particle"):
        RotateJet(["deta", "met"]).declare(COLUMNS)
    with pytest.raises(WiringError, match="DropSoft: column 'met' is float32; a jagged column"):
        DropSoft(["pt"], pt="met").declare(COLUMNS)
    with pytest.raises(WiringError, match=r"FlipImage: column 'pt' is jagged float32; an image \[channels, height, w"):
        FlipImage(["pt"]).declare(COLUMNS)
    with pytest.raises(WiringError, match="image 'wide' is .* only square ones can turn: say turn=False"):
        FlipImage(["wide"]).declare(COLUMNS)


def test_in_a_chain_training_sees_turned_jets_and_everyone_else_plain_ones() -> None:
    columns = TABLE.only(["pt", "deta", "dphi"]).rows(0, 96).columns()
    reader = MemoryReader(sample("a", 96, 1), identity=["event"])
    FILES["a.mem"] |= columns
    turn, spy = RotateJet(["deta", "dphi"]), Spy(column="deta_varied")
    Spy.seen.clear()
    run(Chain(reader, turn, spy, Collect(columns=["deta", "deta_varied"])), Job())
    after = Collect.seen[-1]
    np.testing.assert_array_equal(after["deta_varied"].values, after["deta"].values)
    first, again, second, validation = Spy.seen
    assert torch.equal(first, again) and not torch.allclose(first, second)
    assert np.isin(validation.numpy(), columns["deta"].values).all()
    assert not np.isin(first.numpy(), columns["deta"].values).any()


class Spy(Learner):
    """Notes what it is given to train on in two epochs, the first one twice, and in validation."""

    seen: ClassVar[list[torch.Tensor]] = []
    column: Input
    """What is looked at."""

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        return {}

    def build(self, columns: Columns) -> nn.Module:
        return nn.Module()

    def fit(self, train: Rows, validate: Rows) -> None:
        for rows, epoch in ((train, 0), (train, 0), (train, 1), (validate, 0)):
            batches = rows.batches([self.column], 1000, epoch)
            Spy.seen.append(torch.cat([events[self.column].values for events in batches]).sort().values)

    def execute(self, events: Events) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("step", [RotateJet(["deta", "dphi"]), Smear(["deta", "dphi"]), DropSoft(["dphi"], pt="deta")])
def test_lists_that_are_varied_together_have_the_same_particles(step: Variant) -> None:
    lists = {
        "deta": Jagged(torch.ones(3), torch.tensor([0, 1, 3])),
        "dphi": Jagged(torch.ones(3), torch.tensor([0, 2, 3])),
    }
    with pytest.raises(BadValues, match="in row 0 of a batch of 2 events the first has 1 particles and number 2 has 2"):
        step.vary(Events(lists), Noise(torch.arange(2), 0))
