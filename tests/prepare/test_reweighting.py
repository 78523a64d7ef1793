"""Flatten and Balance: sums of weights after them, and what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hepdl_prepare.balance import Balance
from hepdl_prepare.flatten import Flatten
from hepdl_prepare.reweighting import Reweighting

from hepdl.columns import Columns, ColumnType
from hepdl.data.rows import Rows
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Events
from hepdl.job import Job
from hepdl.ledger import Ledger

N = 4000
RANDOM = np.random.default_rng(6)
LABEL = np.where(np.arange(N) % 3 == 0, 1.0, 0.0)
TABLE: dict[str, Any] = {
    "label": LABEL.astype(np.float32),
    "pt": (500 + 200 * RANDOM.beta(1, 2 + LABEL)).astype(np.float32),
    "mass": (100 * RANDOM.beta(2, 3 - LABEL)).astype(np.float32),
    "weight": RANDOM.uniform(0.5, 1.5, N).astype(np.float32) * np.where(RANDOM.random(N) < 0.02, -1, 1),
}
COLUMNS = Columns({name: ColumnType(column.dtype.name) for name, column in TABLE.items()})


def fitted(step: Reweighting, ledger: Ledger | None = None, **changes: np.ndarray) -> np.ndarray:
    table = TABLE | changes
    step.initialize(Job(ledger=ledger))
    step._module = step.build(COLUMNS)
    rows = Rows(Events(table), np.arange(N), COLUMNS, lambda events: events, "cpu", seed=1)
    step.fit(rows, rows)
    return step.execute(Events(table).to("cpu"))[step.output].numpy()


def spectrum(weight: np.ndarray, label: float, name: str = "pt", edges: Any = None) -> np.ndarray:
    of = TABLE["label"] == label
    edges = edges or np.linspace(TABLE[name].min(), TABLE[name].max(), 9)
    return np.histogram(TABLE[name][of], edges, weights=weight[of])[0]


def test_spectra_are_flat_and_sums_stay() -> None:
    weight = fitted(Flatten(["pt"], bins=8))
    for label in (0, 1):
        counts = spectrum(weight, label)
        np.testing.assert_allclose(counts, counts.mean(), rtol=0.02)  # the edge of a bin in single precision
        before = TABLE["weight"][TABLE["label"] == label].sum()
        assert weight[TABLE["label"] == label].sum() == pytest.approx(before, rel=1e-4)


def test_flat_is_a_density_where_bins_have_different_widths() -> None:
    edges = [500.0, 520.0, 600.0, 700.0]
    counts = spectrum(fitted(Flatten(["pt"], bins=[edges])), 0, edges=edges)
    np.testing.assert_allclose(counts / counts.sum(), np.diff(edges) / 200, rtol=1e-3)


def test_two_columns_are_flat_together() -> None:
    edges = [[500.0, 550.0, 600.0, 700.0], [0.0, 40.0, 100.0]]
    weight = fitted(Flatten(["pt", "mass"], bins=edges))
    of = TABLE["label"] == 1
    counts, *_ = np.histogram2d(TABLE["pt"][of], TABLE["mass"][of], edges, weights=weight[of])
    np.testing.assert_allclose(counts / counts.sum(), np.outer(np.diff(edges[0]), np.diff(edges[1])) / 2e4, rtol=1e-3)


def test_the_spectrum_of_a_class() -> None:
    weight = fitted(Flatten(["pt"], bins=8, reference=1))
    mine, reference = (spectrum(w, label) for w, label in ((weight, 0), (TABLE["weight"], 1)))
    np.testing.assert_allclose(mine / mine.sum(), reference / reference.sum(), rtol=0.03)
    np.testing.assert_allclose(weight[LABEL == 1], TABLE["weight"][LABEL == 1], rtol=1e-5)


def test_outer_bins_have_no_ends_and_other_events_keep_their_weight() -> None:
    step = Flatten(["pt"], bins=[[500.0, 600.0, 700.0]])
    fitted(step)
    columns = {"pt": np.array([100.0, 550.0, 900.0, 650.0, 500.0]), "label": np.array([0, 0, 0, 0, np.nan])}
    got = step.execute(Events(columns | {"weight": np.ones(5)}).to("cpu"))["flat_weight"]
    assert (got[0], got[2], got[4]) == (got[1], got[3], 1)


def test_a_bin_without_training_events_gives_weight_0() -> None:
    step, ledger = Flatten(["pt"], bins=[[500.0, 600.0, 700.0, 800.0]]), Ledger()
    fitted(step, ledger)
    assert ledger.notes[0].startswith(
        "Flatten: label 0 has no training events in 1 of 3 bins, so there its distribution"
    )
    late = Events({"pt": np.array([750.0]), "label": np.array([1.0]), "weight": np.ones(1)})
    assert float(step.execute(late.to("cpu"))["flat_weight"]) == 0


def test_classes_in_balance() -> None:
    weight = fitted(Balance("label"))
    sums = [weight[label == LABEL].sum() for label in (0, 1)]
    assert sums[0] == pytest.approx(sums[1], rel=1e-5)
    assert sum(sums) == pytest.approx(TABLE["weight"].sum(), rel=1e-5)


def test_the_policy_for_negative_weights_comes_first() -> None:
    dropped = fitted(Balance("label", negative_weights="drop"))
    assert (dropped >= 0).all() and (dropped[TABLE["weight"] < 0] == 0).all()
    assert (fitted(Balance("label", negative_weights="absolute")) > 0).all()


def test_the_ledger_says_what_is_left() -> None:
    ledger = Ledger()
    weight = fitted(Flatten(["pt"], bins=8), ledger)[LABEL == 0]
    old = TABLE["weight"][LABEL == 0]
    before, after = (w.sum() ** 2 / (w**2).sum() for w in (old, weight))
    assert ledger.notes[0] == (
        f"Flatten: label 0: {int((LABEL == 0).sum())} training events, effective {before:.0f} → {after:.0f} "
        "by the new weight 'flat_weight'"
    )
    assert after < before


def test_messages() -> None:
    with pytest.raises(BadValues, match=r"Flatten: column 'label' holds '1', but the classes are values=\[0.0, 2.0\]"):
        fitted(Flatten(["pt"], values=[0, 2]))
    with pytest.raises(BadValues, match="'weight' of the training events of label 1 add up to 0, not"):
        fitted(Balance("label"), label=np.zeros(N, np.float32))
    negative = np.where((TABLE["pt"] > 600) & (LABEL == 0), -0.01, 1.0)
    with pytest.raises(BadValues, match=r"of label 0 in pt 600 to 700 add up to -.* another policy than"):
        fitted(Flatten(["pt"], bins=[[500.0, 600.0, 700.0]]), weight=negative)
    with pytest.raises(BadValues, match="column 'pt' is 1 in all training events"):
        fitted(Flatten(["pt"]), pt=np.ones(N))
    with pytest.raises(ParameterError, match="bins has edges for 1 columns, but there are 2"):
        Flatten(["pt", "mass"], bins=[[0, 1]])
    with pytest.raises(ParameterError, match="bins are edges that ascend"):
        Flatten(["pt"], bins=[[1.0, 0.0]])
    with pytest.raises(ParameterError, match=r'reference is "flat" or one of the classes \[0.0, 1.0\], not 7'):
        Flatten(["pt"], reference=7)
    with pytest.raises(WiringError, match=r"column 'pt' is float32\[3\]; one number an event is needed"):
        Flatten(["pt"]).declare(COLUMNS.plus({"pt": ColumnType(shape=(3,))}))
