"""Rounding, areas, and the gate of the quark/gluon sample."""

import awkward as ak
import numpy as np
import pytest
from generation.detector import on_shell, track_mass
from generation.files import auc, jagged, trunc
from generation.multiplicity import pass_gate
from sklearn.metrics import roc_auc_score


def test_trunc_keeps_12_bits():
    values = np.random.default_rng(1).lognormal(size=10_000).astype("f4")
    rounded = trunc(values)
    assert np.abs(rounded / values - 1).max() <= 2.0**-13
    assert np.all(rounded.view("u4") & 0x7FF == 0)
    assert np.array_equal(trunc(rounded), rounded)


def test_auc_with_weights_and_ties():
    random = np.random.default_rng(2)
    b, s = random.integers(0, 10, 300), random.integers(2, 12, 200)
    w = random.uniform(size=500)
    expected = roc_auc_score(np.arange(500) >= 300, np.concatenate([b, s]), sample_weight=w)
    assert auc(b, s, w[:300], w[300:]) == pytest.approx(expected)


def test_jagged_keeps_the_lists():
    assert jagged(ak.Array([[1, 2], [], [3]]), lambda a: 2 * a).tolist() == [[2, 4], [], [6]]


def test_masses_survive_the_rounding():
    random = np.random.default_rng(3)
    p = ak.zip(
        {k: [random.normal(0, 50, 30)] for k in ("px", "py", "pz")} | {"charge": [[1] * 30], "pdgid": [[211] * 30]}
    )
    out = on_shell(p)
    squared = out.energy.to_numpy().astype("f8") ** 2 - sum(
        out[k].to_numpy().astype("f8") ** 2 for k in ("px", "py", "pz")
    )
    assert np.abs(squared - track_mass(np.array(211)) ** 2).max() < 0.01


def multiplicities(quark, gluon):
    random = np.random.default_rng(4)
    return random.normal(gluon, 15.9, 20_000), random.normal(quark, 12, 20_000)


def test_gate_passes_the_published_multiplicities(capsys):
    pass_gate(*multiplicities(33.3, 53.1))
    assert "| mean quark | 33." in capsys.readouterr().out


@pytest.mark.parametrize(("quark", "gluon", "name"), [(34.5, 53.1, "mean quark"), (33.3, 51, "mean gluon")])
def test_gate_names_what_is_off(quark, gluon, name):
    with pytest.raises(ValueError, match=name):
        pass_gate(*multiplicities(quark, gluon))
