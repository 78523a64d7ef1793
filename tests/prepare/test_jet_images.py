"""JetImage against a slow obvious twin, and what the preparation promises."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hepdl_prepare.jet_image import JetImage

from hepdl.columns import Columns, ColumnType
from hepdl.contract import cases, make_events
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events, Jagged

CONSTITUENTS = {"pt": "part_pt", "eta": "part_eta", "phi": "part_phi"}
JAGGED, FLAT = ColumnType(jagged=True), ColumnType()
COLUMNS = Columns(
    part_pt=JAGGED, part_eta=JAGGED, part_phi=JAGGED, jet_eta=FLAT, jet_phi=FLAT, pt=FLAT, group=ColumnType(shape=(2,))
)
JETS = 60


def make_jets(seed: int = 1) -> Events:
    """Jets of two prongs anywhere in the detector, φ in (-π, π]; the second one has no constituents, the third one."""
    random = np.random.default_rng(seed)
    lengths = random.integers(5, 40, JETS)
    lengths[1:3] = 0, 1
    n = int(lengths.sum())
    jet = np.repeat(np.arange(JETS), lengths)
    jet_eta, jet_phi = random.uniform(-2, 2, JETS), random.uniform(-np.pi, np.pi, JETS)
    angle, prong = random.uniform(0, 2 * np.pi, JETS)[jet], random.random(n) < 0.3
    eta = jet_eta[jet] + random.normal(0, 0.1, n) + prong * 0.4 * np.cos(angle)
    phi = jet_phi[jet] + random.normal(0, 0.1, n) + prong * 0.4 * np.sin(angle)
    phi = (phi + np.pi) % (2 * np.pi) - np.pi
    lists = {"part_pt": random.exponential(10, n) + 0.5, "part_eta": eta, "part_phi": phi}
    lists |= {"part_charge != 0": random.random(n) < 0.6}
    columns: dict[str, Any] = {name: Jagged.from_lengths(values, lengths) for name, values in lists.items()}
    return Events(columns | {"jet_eta": jet_eta, "jet_phi": jet_phi})


def contract_events() -> Events:
    events = make_jets(5).only(list(CONSTITUENTS.values()))
    return make_events([], JETS).plus(events.columns() | {"part_pt > 0": events["part_pt"]})


def images(events: Events, **parameters: Any) -> np.ndarray:
    step = JetImage(**CONSTITUENTS, **parameters)
    step._module = step.build(COLUMNS)
    return step.execute(events.to("cpu"))["image"].numpy()


def twin(step: JetImage, pt: list[float], eta: list[float], phi: list[float], axis: tuple[float, float]) -> np.ndarray:
    """The image of one jet, one constituent after the other."""
    n, image = step.pixels, np.zeros((step.pixels, step.pixels))
    if not pt:
        return image
    hardest = pt.index(max(pt))
    if step.centre == "jet":
        eta0, phi0 = axis
    elif step.centre == "hardest":
        eta0, phi0 = eta[hardest], phi[hardest]
    else:
        eta0 = sum(p * e for p, e in zip(pt, eta, strict=True)) / sum(pt)
        sines = [(p * math.sin(f), p * math.cos(f)) for p, f in zip(pt, phi, strict=True)]
        phi0 = math.atan2(sum(s for s, _ in sines), sum(c for _, c in sines))
    points = [(p, e - eta0, math.remainder(f - phi0, 2 * math.pi)) for p, e, f in zip(pt, eta, phi, strict=True)]
    turn = 0.0
    if step.rotate == "principal":
        xy = sum(p * x * y for p, x, y in points)
        turn = math.pi / 2 - 0.5 * math.atan2(2 * xy, sum(p * (x * x - y * y) for p, x, y in points))
    if step.rotate == "second":
        p, x, y = max(points, key=lambda point: point[0] * math.hypot(*point[1:]))
        turn = -math.pi / 2 - (math.atan2(y, x) if x or y else -math.pi / 2)
    points = [
        (p, x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)) for p, x, y in points
    ]
    if step.rotate == "principal" and sum(p * np.sign(round(y, 9)) for p, _, y in points) < 0:
        points = [(p, -x, -y) for p, x, y in points]
    if step.flip and sum(p * np.sign(round(x, 9)) for p, x, _ in points) < 0:
        points = [(p, -x, y) for p, x, y in points]
    for p, x, y in points:
        column = math.floor(x / step.width * n + n / 2 + 1e-6)
        row = math.floor(y / step.width * n + n / 2 + 1e-6)
        inside = 0 <= column < n and 0 <= row < n
        if inside or step.outside == "border":
            image[min(max(row, 0), n - 1), min(max(column, 0), n - 1)] += p
    return image


@pytest.mark.parametrize("centre", ["centroid", "hardest", "jet"])
@pytest.mark.parametrize("rotate", ["principal", "second", "none"])
@pytest.mark.parametrize(("outside", "width"), [("border", 1.6), ("drop", 0.7)])
def test_same_as_the_slow_twin(centre: str, rotate: str, outside: str, width: float) -> None:
    events = make_jets()
    axis = {"jet_eta": "jet_eta", "jet_phi": "jet_phi"} if centre == "jet" else {}
    how = {"centre": centre, "rotate": rotate, "outside": outside, "width": width, "pixels": 15} | axis
    found, step = images(events, **how), JetImage(**CONSTITUENTS, **how)
    jets = [events[name].awkward().to_list() for name in CONSTITUENTS.values()]
    for i, lists in enumerate(zip(*jets, strict=True)):
        expected = twin(step, *lists, (events["jet_eta"][i], events["jet_phi"][i]))
        np.testing.assert_allclose(found[i, 0], expected, rtol=1e-5, atol=1e-5, err_msg=f"jet {i}")


def total(column: Jagged) -> np.ndarray:
    return np.array([sum(jet) for jet in column.awkward().to_list()])


@pytest.mark.parametrize("rotate", ["principal", "second", "none"])
def test_no_pt_is_lost(rotate: str) -> None:
    events = make_jets(2)
    sums = images(events, rotate=rotate, width=0.5).astype(np.float64).sum((1, 2, 3))
    np.testing.assert_allclose(sums, total(events["part_pt"]), rtol=1e-6)
    assert images(events, rotate=rotate, width=0.5, outside="drop").sum() < sums.sum() * 0.95


def test_what_lies_where() -> None:
    events = make_jets(3)
    below = images(events, centre="hardest", rotate="second", pixels=41)[:, 0]
    assert (below[:, :20, 20].sum(1) > 0)[3:].all(), "the second prong is below"
    assert (below[:, 20, 20] > 0)[3:].all(), "the hardest constituent is in the middle"
    upright = images(events)[:, 0]
    assert (upright[:, 20:].sum((1, 2)) >= upright[:, :20].sum((1, 2))).all(), "the heavier end is up"
    for image in (upright, images(events, centre="hardest", rotate="second")[:, 0]):
        assert (image[:, :, 20:].sum((1, 2)) >= image[:, :, :20].sum((1, 2)) * (1 - 1e-5)).all(), "heavier half right"


@pytest.mark.parametrize("rotate", ["principal", "second"])
def test_place_and_orientation_of_the_jet_do_not_matter(rotate: str) -> None:
    events = make_jets(4)
    turned = events.columns()
    jet = np.repeat(np.arange(JETS), events["part_pt"].lengths)
    x = events["part_eta"].values - events["jet_eta"][jet]
    y = (events["part_phi"].values - events["jet_phi"][jet] + np.pi) % (2 * np.pi) - np.pi
    turned["part_eta"] = Jagged(0.6 * x - 0.8 * y + 1.0, events["part_pt"].offsets)
    turned["part_phi"] = Jagged(-(0.8 * x + 0.6 * y) - 2.9, events["part_pt"].offsets)
    one, other = (
        images(events, rotate=rotate, centre="hardest"),
        images(Events(turned), rotate=rotate, centre="hardest"),
    )
    np.testing.assert_allclose(one, other, rtol=1e-5)


def test_channels_and_norms() -> None:
    events = make_jets()
    charged = images(events, channels=["part_charge != 0"])
    both = images(events.plus({"all": events["part_pt"]}), channels=["part_charge != 0", "all"])
    np.testing.assert_array_equal(both[:, :1], charged)
    assert (charged <= images(events)).all()
    assert charged.sum() == pytest.approx((events["part_pt"].values * events["part_charge != 0"].values).sum(), 1e-5)
    by_sum, by_squares = images(events, normalise="sum"), images(events, normalise="squares")
    np.testing.assert_allclose(by_sum.sum((1, 2, 3)), np.arange(JETS) != 1, atol=1e-5)
    np.testing.assert_allclose((by_squares**2).sum((1, 2, 3)), np.arange(JETS) != 1, atol=1e-5)


def test_mistakes() -> None:
    with pytest.raises(ParameterError, match='centre="jet" and the columns jet_eta and jet_phi go together'):
        JetImage(**CONSTITUENTS, centre="jet")
    with pytest.raises(ParameterError, match="go together"):
        JetImage(**CONSTITUENTS, jet_eta="jet_eta", jet_phi="jet_phi")
    with pytest.raises(WiringError, match=r"JetImage: 'pt' is float32, one number a constituent \(jagged\) is needed"):
        JetImage(**CONSTITUENTS | {"pt": "pt"}).declare(COLUMNS)
    axis = {"centre": "jet", "jet_eta": "group", "jet_phi": "jet_phi"}
    with pytest.raises(WiringError, match=r"'group' is float32\[2\], one number a jet is needed"):
        JetImage(**CONSTITUENTS, **axis).declare(COLUMNS)
    events = make_jets()
    short = Jagged.from_lengths(np.ones(JETS), np.ones(JETS, np.int64))
    with pytest.raises(BadValues, match="lists of the same constituents have different lengths"):
        images(Events(events.columns() | {"part_eta": short}))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{number}-{case}")
        for number, how in enumerate([{"channels": ["part_pt > 0"]}, {"rotate": "second", "centre": "hardest"}])
        for case in cases(JetImage(**CONSTITUENTS, pixels=5, **how), COLUMNS, contract_events())
    ],
)
def test_contract(case: Any) -> None:
    case()


@pytest.mark.parametrize("rotate", ["principal", "second"])
def test_empty_jets_only(rotate: str) -> None:
    none = Jagged.from_lengths(np.zeros(0), np.zeros(3, np.int64))
    found = images(Events(dict.fromkeys(CONSTITUENTS.values(), none)), rotate=rotate, centre="hardest")
    np.testing.assert_array_equal(found, np.zeros((3, 1, 40, 40)))
